package shell

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/markup"
)

// TestFactsOfASlotAndConflictsOfAFragmentAreTheSameBits: a verdict is one and of both.
func TestFactsOfASlotAndConflictsOfAFragmentAreTheSameBits(t *testing.T) {
	for fact, conflict := range map[facts]markup.Mask{
		inBody: markup.InBody, inHead: markup.InHead, inTable: markup.InTable, inSection: markup.InSection, inRow: markup.InRow,
		inColgroup: markup.InColgroup, inSelect: markup.InSelect, paragraphAround: markup.Paragraph,
		tableParagraphAround: markup.TableParagraph, linkAround: markup.Link, noBreakAround: markup.NoBreak,
		itemAround: markup.ListItem, definitionAround: markup.Definition, headingAround: markup.Heading, formAround: markup.Form,
		buttonAround: markup.Button, optionAround: markup.Option, optgroupAround: markup.OptionGroup, rubyAround: markup.Ruby,
		rubyPartAround: markup.RubyPart, reopenedAround: markup.Reopened, alike1: markup.Alike1, alike2: markup.Alike2,
		alike3: markup.Alike3, quirksAround: markup.Quirks,
	} {
		assert.Equal(t, markup.Mask(fact), conflict)
	}
}
