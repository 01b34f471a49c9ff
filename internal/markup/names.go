package markup

import "inlay/internal/wording"

// name is an element's name, as far as the tree construction knows it.
type name uint8

// The names, in the order of wording.ElementNames.
const (
	nmOther name = iota
	nmA
	nmB
	nmBig
	nmCode
	nmEm
	nmFont
	nmI
	nmNobr
	nmS
	nmSmall
	nmStrike
	nmStrong
	nmTt
	nmU
	nmAddress
	nmArticle
	nmAside
	nmBlockquote
	nmCenter
	nmDetails
	nmDialog
	nmDir
	nmDiv
	nmDl
	nmFieldset
	nmFigcaption
	nmFigure
	nmFooter
	nmHeader
	nmHgroup
	nmMain
	nmMenu
	nmNav
	nmOl
	nmSearch
	nmSection
	nmSummary
	nmUl
	nmPre
	nmListing
	nmForm
	nmLi
	nmDd
	nmDt
	nmH1
	nmH2
	nmH3
	nmH4
	nmH5
	nmH6
	nmP
	nmButton
	nmApplet
	nmMarquee
	nmObject
	nmTable
	nmCaption
	nmColgroup
	nmCol
	nmTbody
	nmTfoot
	nmThead
	nmTr
	nmTd
	nmTh
	nmTemplate
	nmHTML
	nmHead
	nmBody
	nmFrameset
	nmFrame
	nmBase
	nmBasefont
	nmBgsound
	nmLink
	nmMeta
	nmTitle
	nmNoframes
	nmStyle
	nmScript
	nmNoscript
	nmTextarea
	nmIframe
	nmNoembed
	nmXmp
	nmPlaintext
	nmSelect
	nmOption
	nmOptgroup
	nmHr
	nmBr
	nmArea
	nmEmbed
	nmImg
	nmImage
	nmKeygen
	nmWbr
	nmInput
	nmParam
	nmSource
	nmTrack
	nmRb
	nmRtc
	nmRp
	nmRt
	nmRuby
	nmSpan
	nmSub
	nmSup
	nmVar
	nmSVG
	nmMath
	nmDesc
	nmForeignObject
	nmMi
	nmMo
	nmMn
	nmMs
	nmMtext
	nmAnnotationXML
	nmMglyph
	nmMalignmark

	// Attributes, and their values.
	nmFor
	nmShadowrootmode
	nmColor
	nmFace
	nmSize
	nmType
	nmEncoding
	nmHidden
	nmTextHTML
	nmXHTML

	// The targets of processing instructions that mark places.
	nmStart
	nmEnd
	nmMarker
	nameCount
)

// nature says how an HTML element behaves while a tree is built: its rule in the lowest bits, and traits.
type nature uint32

const (
	special    nature = 1 << (ruleBits + iota) // ends the search of an end tag for its start tag (section 13.2.4.2)
	scope                                      // hides what is outside of it from most end tags ("in scope", same section)
	marks                                      // puts a marker into the list of active formatting elements (section 13.2.4.3)
	formatting                                 // is in that list itself
	implied                                    // ends without an end tag ("generate implied end tags", section 13.2.6.3)
	breaksOut                                  // its start tag leaves foreign content (section 13.2.6.5)
	tablePart                                  // ignored in the body, and a part of a table where that is open
	section                                    // of a table: tbody, thead, tfoot
	tableScope                                 // ends "in table scope"
	buttonOnly                                 // ends "in button scope" besides what ends scope
	listOnly                                   // ends "in list item scope" besides what ends scope
	closesP                                    // its start tag ends a paragraph
	reopens                                    // before its start tag, formatting elements are opened again
	void                                       // has no content
	raw                                        // holds text, not markup

	ruleBits = 5
	ruleMask = 1<<ruleBits - 1
)

// The rules of start tags in the body (section 13.2.6.4.7), and of their end tags, beyond what the traits say.
const (
	ruleOther nature = iota
	ruleFormatting
	ruleA
	ruleNobr
	ruleBlock
	rulePre
	ruleHeading
	ruleForm
	ruleLi
	ruleDd
	ruleButton
	ruleObject
	ruleTable
	ruleIgnored // parts of tables, html, head, body and frame
	ruleTemplate
	ruleFrameset
	ruleHead // what may stand in the head, but for template and noscript
	ruleNoscript
	rulePlaintext
	ruleSelect
	ruleOption
	ruleHr
	ruleInput
	ruleRb
	ruleRt
	ruleForeign
)

var natures [nameCount]nature

func init() {
	set := func(from, to name, n nature) {
		for ; from <= to; from++ {
			natures[from] |= n
		}
	}
	set(nmOther, nmOther, reopens)
	set(nmA, nmU, formatting|reopens|ruleFormatting)
	natures[nmA] += ruleA - ruleFormatting
	natures[nmNobr] += ruleNobr - ruleFormatting
	set(nmAddress, nmUl, special|closesP|ruleBlock)
	natures[nmDialog] &^= special
	set(nmOl, nmOl, listOnly)
	set(nmUl, nmUl, listOnly)
	set(nmPre, nmListing, special|closesP|breaksOut|rulePre)
	set(nmForm, nmForm, special|closesP|ruleForm)
	set(nmLi, nmLi, special|closesP|breaksOut|implied|ruleLi)
	set(nmDd, nmDt, special|closesP|breaksOut|implied|ruleDd)
	set(nmH1, nmH6, special|closesP|breaksOut|ruleHeading)
	set(nmP, nmP, special|closesP|breaksOut|implied|ruleBlock)
	set(nmButton, nmButton, special|buttonOnly|reopens|ruleButton)
	set(nmApplet, nmObject, special|scope|marks|reopens|ruleObject)
	set(nmTable, nmTable, special|scope|tableScope|breaksOut|ruleTable)
	set(nmCaption, nmTh, special|tablePart|ruleIgnored)
	set(nmCaption, nmCaption, scope|marks)
	set(nmTbody, nmThead, section)
	set(nmTd, nmTh, scope|marks)
	set(nmTemplate, nmTemplate, special|scope|tableScope|marks|ruleTemplate)
	set(nmHTML, nmFrame, special|ruleIgnored)
	natures[nmFrameset] += ruleFrameset - ruleIgnored
	set(nmHTML, nmHTML, scope|tableScope)
	set(nmBase, nmMeta, special|void|ruleHead)
	set(nmTitle, nmScript, special|raw|ruleHead)
	set(nmNoscript, nmNoscript, special|reopens|ruleNoscript)
	set(nmTextarea, nmXmp, special|raw)
	set(nmXmp, nmXmp, closesP|reopens)
	set(nmPlaintext, nmPlaintext, special|rulePlaintext)
	set(nmSelect, nmSelect, special|scope|reopens|ruleSelect)
	set(nmOption, nmOptgroup, implied|reopens|ruleOption)
	set(nmHr, nmHr, special|void|closesP|ruleHr)
	set(nmBr, nmInput, special|void|reopens)
	set(nmInput, nmInput, ruleInput)
	set(nmParam, nmTrack, special|void)
	set(nmRb, nmRtc, implied|ruleRb)
	set(nmRp, nmRt, implied|ruleRt)
	set(nmRuby, nmVar, reopens|breaksOut)
	set(nmSVG, nmMath, reopens|ruleForeign)
	set(nmDesc, nameCount-1, reopens)
	for _, n := range [...]name{nmB, nmBig, nmCode, nmEm, nmI, nmNobr, nmS, nmSmall, nmStrike, nmStrong, nmTt, nmU, nmBlockquote,
		nmCenter, nmDiv, nmDl, nmMenu, nmOl, nmUl, nmHead, nmBody, nmMeta, nmHr, nmBr, nmEmbed, nmImg} {
		natures[n] |= breaksOut
	}
}

// dictionary finds names. It is made when it is used first: made by init, it would be half a kilobyte of core.wasm.
type dictionary struct {
	buckets [256]name             // where to begin to search for a name, by its hash; 0 ends the search
	starts  [nameCount + 1]uint16 // the offsets of the names in the list
}

func (d *dictionary) make() {
	n, h := nmA, uint8(0)
	list := wording.List(wording.ElementNames)
	for i := range len(list) {
		if c := list[i]; c != ' ' {
			h = h*nameFactor + c
			continue
		}
		for ; d.buckets[h] != 0; h++ {
		}
		d.buckets[h] = n
		n, h = n+1, 0
		d.starts[n] = uint16(i + 1)
	}
}

// nameFactor makes few names share a bucket.
const nameFactor = 51

// lookup finds a name in lower case; h is its hash, as make computes it.
func (d *dictionary) lookup(s []byte, h uint8) name {
	for ; d.buckets[h] != 0; h++ {
		if n := d.buckets[h]; d.spell(n) == view(s) {
			return n
		}
	}
	return nmOther
}

// spell is the name as written in a tag; empty for one that is not known.
func (d *dictionary) spell(n name) string {
	if n == nmOther {
		return ""
	}
	return wording.List(wording.ElementNames)[d.starts[n] : d.starts[n+1]-1]
}

func (n name) is(t nature) bool { return natures[n]&t != 0 }
func (n name) rule() nature     { return natures[n] & ruleMask }
