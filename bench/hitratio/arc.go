package main

import "container/list"

// arc is ARC (Megiddo and Modha, FAST 2003), with bytes in place of pages: a part in
// LRU order for what was asked for once, one for the rest, and of each the keys that left
// it; which part gives room follows the keys that return.
type arc struct {
	budget  int64
	target  int64 // bytes of the first part
	objects []object
	parts   [4]part // once, often, left once, left often
	in      []uint8 // part+1
	at      []*list.Element
}

func newARC(budget int64, w *workload) policy {
	return &arc{budget: budget, objects: w.objects, in: make([]uint8, len(w.objects)), at: make([]*list.Element, len(w.objects))}
}

func (p *arc) put(to int, id uint32) {
	p.at[id] = p.parts[to].order.PushFront(id)
	p.in[id] = uint8(to) + 1
	p.parts[to].used += int64(p.objects[id].charge)
}

func (p *arc) drop(id uint32) {
	from := &p.parts[p.in[id]-1]
	from.order.Remove(p.at[id])
	from.used -= int64(p.objects[id].charge)
	p.in[id], p.at[id] = 0, nil
}

func (p *arc) request(id uint32, o *object) bool {
	charge := int64(o.charge)
	if charge > p.budget {
		return false
	}
	at := int(p.in[id]) - 1
	if at == 0 || at == 1 {
		p.drop(id)
		p.put(1, id)
		return true
	}
	to := 0
	if at >= 0 {
		leftOnce, leftOften := p.parts[2].used, p.parts[3].used
		if at == 2 {
			p.target = min(p.budget, p.target+charge*max(1, leftOften/max(1, leftOnce)))
		} else {
			p.target = max(0, p.target-charge*max(1, leftOnce/max(1, leftOften)))
		}
		p.drop(id)
		to = 1
	}
	for p.parts[0].used+p.parts[1].used+charge > p.budget {
		from := 1
		if p.parts[0].used > 0 && (p.parts[0].used > p.target || p.parts[1].used == 0 || at == 3 && p.parts[0].used == p.target) {
			from = 0
		}
		old := p.parts[from].order.Back().Value.(uint32)
		p.drop(old)
		p.put(from+2, old)
	}
	p.put(to, id)
	p.forget(2, p.budget-p.parts[0].used)
	p.forget(3, 2*p.budget-p.parts[0].used-p.parts[1].used-p.parts[2].used)
	return false
}

func (p *arc) forget(of int, most int64) {
	for p.parts[of].used > max(0, most) {
		p.drop(p.parts[of].order.Back().Value.(uint32))
	}
}
