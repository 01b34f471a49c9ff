//go:build tinygo && !documents

package markup

const (
	documents = false
	maxActive = maxOpen
)

type activeList [maxActive]element

func (l *activeList) grow(int) {}

type attributeSum struct{}

func (t *tree) sumOfAttributes() attributeSum { return attributeSum{} }
