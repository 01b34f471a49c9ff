package markup

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheStandardsListOfQuirkyDoctypesIsWhole(t *testing.T) {
	assert.Len(t, quirkyPublic, 55)
}
