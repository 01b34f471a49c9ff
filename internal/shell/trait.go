package shell

// tagName names an HTML element that the tree construction knows (HTML standard, section 13.2.6); zero is any other.
type tagName uint8

const (
	tagOther tagName = iota
	tagA
	tagAddress
	tagApplet
	tagArea
	tagArticle
	tagAside
	tagB
	tagBase
	tagBasefont
	tagBgsound
	tagBig
	tagBlockquote
	tagBody
	tagBr
	tagButton
	tagCaption
	tagCenter
	tagCode
	tagCol
	tagColgroup
	tagDd
	tagDetails
	tagDialog
	tagDir
	tagDiv
	tagDl
	tagDt
	tagEm
	tagEmbed
	tagFieldset
	tagFigcaption
	tagFigure
	tagFont
	tagFooter
	tagForm
	tagFrame
	tagFrameset
	tagH1
	tagH2
	tagH3
	tagH4
	tagH5
	tagH6
	tagHead
	tagHeader
	tagHgroup
	tagHr
	tagHTML
	tagI
	tagIframe
	tagImage
	tagImg
	tagInput
	tagKeygen
	tagLi
	tagLink
	tagListing
	tagMain
	tagMarquee
	tagMath
	tagMenu
	tagMeta
	tagNav
	tagNobr
	tagNoembed
	tagNoframes
	tagNoscript
	tagObject
	tagOl
	tagOptgroup
	tagOption
	tagP
	tagParam
	tagPlaintext
	tagPre
	tagRb
	tagRp
	tagRt
	tagRtc
	tagRuby
	tagS
	tagScript
	tagSearch
	tagSection
	tagSelect
	tagSmall
	tagSource
	tagStrike
	tagStrong
	tagStyle
	tagSummary
	tagSVG
	tagTable
	tagTbody
	tagTd
	tagTemplate
	tagTextarea
	tagTfoot
	tagTh
	tagThead
	tagTitle
	tagTr
	tagTrack
	tagTt
	tagU
	tagUl
	tagWbr
	tagXmp
	tagCount
)

// trait says how an HTML element behaves while a tree is built.
type trait uint16

const (
	traitVoid       trait = 1 << iota // has no content
	traitSpecial                      // stops the search of an end tag for its start tag ("special", section 13.2.4.2)
	traitScope                        // hides what is outside of it from most end tags ("in scope", same section)
	traitImplied                      // ends where its parent goes on (section 13.2.6.3)
	traitOptional                     // its end tag may be left out (section 13.1.2.4)
	traitFormatting                   // opened again where another end tag closed it (section 13.2.4.3)
	traitBlock                        // in a body it ends a paragraph, and its end tag closes what is open in it
	traitHead                         // may stand in the head
	traitTablePart                    // a part of a table, ignored elsewhere
	traitHeading
)

// tags has the traits of each element, and its name.
var tags = [tagCount]struct {
	name   string
	traits trait
}{
	tagA:          {"a", traitFormatting},
	tagAddress:    {"address", traitSpecial | traitBlock},
	tagApplet:     {"applet", traitSpecial | traitScope},
	tagArea:       {"area", traitSpecial | traitVoid},
	tagArticle:    {"article", traitSpecial | traitBlock},
	tagAside:      {"aside", traitSpecial | traitBlock},
	tagB:          {"b", traitFormatting},
	tagBase:       {"base", traitSpecial | traitVoid | traitHead},
	tagBasefont:   {"basefont", traitSpecial | traitVoid | traitHead},
	tagBgsound:    {"bgsound", traitSpecial | traitVoid | traitHead},
	tagBig:        {"big", traitFormatting},
	tagBlockquote: {"blockquote", traitSpecial | traitBlock},
	tagBody:       {"body", traitSpecial},
	tagBr:         {"br", traitSpecial | traitVoid},
	tagButton:     {"button", traitSpecial},
	tagCaption:    {"caption", traitSpecial | traitScope | traitTablePart | traitOptional},
	tagCenter:     {"center", traitSpecial | traitBlock},
	tagCode:       {"code", traitFormatting},
	tagCol:        {"col", traitSpecial | traitVoid | traitTablePart},
	tagColgroup:   {"colgroup", traitSpecial | traitTablePart | traitOptional},
	tagDd:         {"dd", traitSpecial | traitImplied | traitOptional},
	tagDetails:    {"details", traitSpecial | traitBlock},
	tagDialog:     {"dialog", traitBlock},
	tagDir:        {"dir", traitSpecial | traitBlock},
	tagDiv:        {"div", traitSpecial | traitBlock},
	tagDl:         {"dl", traitSpecial | traitBlock},
	tagDt:         {"dt", traitSpecial | traitImplied | traitOptional},
	tagEm:         {"em", traitFormatting},
	tagEmbed:      {"embed", traitSpecial | traitVoid},
	tagFieldset:   {"fieldset", traitSpecial | traitBlock},
	tagFigcaption: {"figcaption", traitSpecial | traitBlock},
	tagFigure:     {"figure", traitSpecial | traitBlock},
	tagFont:       {"font", traitFormatting},
	tagFooter:     {"footer", traitSpecial | traitBlock},
	tagForm:       {"form", traitSpecial},
	tagFrame:      {"frame", traitSpecial | traitVoid},
	tagFrameset:   {"frameset", traitSpecial},
	tagH1:         {"h1", traitSpecial | traitHeading},
	tagH2:         {"h2", traitSpecial | traitHeading},
	tagH3:         {"h3", traitSpecial | traitHeading},
	tagH4:         {"h4", traitSpecial | traitHeading},
	tagH5:         {"h5", traitSpecial | traitHeading},
	tagH6:         {"h6", traitSpecial | traitHeading},
	tagHead:       {"head", traitSpecial},
	tagHeader:     {"header", traitSpecial | traitBlock},
	tagHgroup:     {"hgroup", traitSpecial | traitBlock},
	tagHr:         {"hr", traitSpecial | traitVoid},
	tagHTML:       {"html", traitSpecial | traitScope},
	tagI:          {"i", traitFormatting},
	tagIframe:     {"iframe", traitSpecial},
	tagImage:      {"image", 0},
	tagImg:        {"img", traitSpecial | traitVoid},
	tagInput:      {"input", traitSpecial | traitVoid},
	tagKeygen:     {"keygen", traitSpecial | traitVoid},
	tagLi:         {"li", traitSpecial | traitImplied | traitOptional},
	tagLink:       {"link", traitSpecial | traitVoid | traitHead},
	tagListing:    {"listing", traitSpecial | traitBlock},
	tagMain:       {"main", traitSpecial | traitBlock},
	tagMarquee:    {"marquee", traitSpecial | traitScope},
	tagMath:       {"math", 0},
	tagMenu:       {"menu", traitSpecial | traitBlock},
	tagMeta:       {"meta", traitSpecial | traitVoid | traitHead},
	tagNav:        {"nav", traitSpecial | traitBlock},
	tagNobr:       {"nobr", traitFormatting},
	tagNoembed:    {"noembed", traitSpecial},
	tagNoframes:   {"noframes", traitSpecial | traitHead},
	tagNoscript:   {"noscript", traitSpecial},
	tagObject:     {"object", traitSpecial | traitScope},
	tagOl:         {"ol", traitSpecial | traitBlock},
	tagOptgroup:   {"optgroup", traitImplied | traitOptional},
	tagOption:     {"option", traitImplied | traitOptional},
	tagP:          {"p", traitSpecial | traitImplied | traitOptional},
	tagParam:      {"param", traitSpecial | traitVoid},
	tagPlaintext:  {"plaintext", traitSpecial},
	tagPre:        {"pre", traitSpecial | traitBlock},
	tagRb:         {"rb", traitImplied | traitOptional},
	tagRp:         {"rp", traitImplied | traitOptional},
	tagRt:         {"rt", traitImplied | traitOptional},
	tagRtc:        {"rtc", traitImplied | traitOptional},
	tagRuby:       {"ruby", 0},
	tagS:          {"s", traitFormatting},
	tagScript:     {"script", traitSpecial | traitHead},
	tagSearch:     {"search", traitSpecial | traitBlock},
	tagSection:    {"section", traitSpecial | traitBlock},
	tagSelect:     {"select", traitSpecial},
	tagSmall:      {"small", traitFormatting},
	tagSource:     {"source", traitSpecial | traitVoid},
	tagStrike:     {"strike", traitFormatting},
	tagStrong:     {"strong", traitFormatting},
	tagStyle:      {"style", traitSpecial | traitHead},
	tagSummary:    {"summary", traitSpecial | traitBlock},
	tagSVG:        {"svg", 0},
	tagTable:      {"table", traitSpecial | traitScope},
	tagTbody:      {"tbody", traitSpecial | traitTablePart | traitOptional},
	tagTd:         {"td", traitSpecial | traitScope | traitTablePart | traitOptional},
	tagTemplate:   {"template", traitSpecial | traitScope | traitHead},
	tagTextarea:   {"textarea", traitSpecial},
	tagTfoot:      {"tfoot", traitSpecial | traitTablePart | traitOptional},
	tagTh:         {"th", traitSpecial | traitScope | traitTablePart | traitOptional},
	tagThead:      {"thead", traitSpecial | traitTablePart | traitOptional},
	tagTitle:      {"title", traitSpecial | traitHead},
	tagTr:         {"tr", traitSpecial | traitTablePart | traitOptional},
	tagTrack:      {"track", traitSpecial | traitVoid},
	tagTt:         {"tt", traitFormatting},
	tagU:          {"u", traitFormatting},
	tagUl:         {"ul", traitSpecial | traitBlock},
	tagWbr:        {"wbr", traitSpecial | traitVoid},
	tagXmp:        {"xmp", traitSpecial},
}

// tagBuckets has, for each first letter of a name, the elements between which it is: tags is in the order of the names.
var tagBuckets = func() (buckets [27]tagName) {
	t := tagOther + 1
	for c := range buckets {
		for t < tagCount && int(tags[t].name[0]-'a') < c {
			t++
		}
		buckets[c] = t
	}
	return buckets
}()

func tagOf(name string) tagName {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return tagOther
	}
	c := name[0] - 'a'
	for t := tagBuckets[c]; t < tagBuckets[c+1]; t++ {
		if tags[t].name == name {
			return t
		}
	}
	return tagOther
}

func (t tagName) has(any trait) bool { return tags[t].traits&any != 0 }
