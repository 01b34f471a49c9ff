package shell

import (
	"strings"

	"inlay/internal/ascii"
)

// readTag reads a language tag as RFC 5646, section 2.1, has it, without the irregular ones, and gives it in the spelling that
// section 2.1.1 recommends. Of languages and countries with two letters it knows which there are.
func readTag(given string) (tag, found, expected string) {
	const form = "one such as de, de-CH or zh-Hant (RFC 5646)"
	parts := strings.Split(ascii.ToLower(given), "-")
	last := tagStart
	for i, part := range parts {
		kind := kindOfSubtag(part, last)
		if kind == tagWrong {
			return "", ascii.Shorten(given) + " is no language tag", form
		}
		switch {
		case kind == tagLanguage && i == 0 && len(part) == 2 && !isCode(languages, part):
			return "", "the unknown language " + ascii.Shorten(part), "a code of ISO 639 such as de, en or fr"
		case kind == tagScript:
			parts[i] = ascii.ToUpper(part[:1]) + part[1:]
		case kind == tagRegion:
			parts[i] = ascii.ToUpper(part)
			if len(part) == 2 && !isCode(countries, parts[i]) {
				return "", "the unknown country " + ascii.Shorten(parts[i]) + " of the language " + ascii.Shorten(given), "two letters as in ISO 3166-1"
			}
		}
		last = kind
	}
	if last == tagSingle || last == tagPrivate {
		return "", ascii.Shorten(given) + " is no language tag", form
	}
	return strings.Join(parts, "-"), "", ""
}

// The kinds of subtags, in the order in which they come.
const (
	tagStart    = iota // none yet
	tagLanguage        // the first, and extended ones
	tagScript
	tagRegion
	tagVariant
	tagSingle    // a letter or digit that begins an extension
	tagExtension // what comes in one
	tagPrivate   // x
	tagOwn       // what comes after it
	tagWrong
)

// kindOfSubtag is what a subtag is after one of a kind.
func kindOfSubtag(s string, after int) int {
	letters, alnum := ascii.Only(s, ascii.IsAlpha), ascii.Only(s, isAlnum)
	if s == "" || len(s) > 8 || !alnum {
		return tagWrong
	}
	switch {
	case after == tagStart:
		if letters && (len(s) == 2 || len(s) == 3) {
			return tagLanguage
		}
		return tagWrong
	case after == tagPrivate || after == tagOwn:
		return tagOwn
	case after == tagSingle && len(s) == 1:
		return tagWrong
	case s == "x":
		return tagPrivate
	case len(s) == 1:
		return tagSingle
	case after == tagSingle || after == tagExtension:
		return tagExtension
	case after == tagLanguage && letters && len(s) == 3:
		return tagLanguage
	case after < tagScript && letters && len(s) == 4:
		return tagScript
	case after < tagRegion && (letters && len(s) == 2 || len(s) == 3 && ascii.Only(s, ascii.IsDigit)):
		return tagRegion
	case len(s) >= 5 || len(s) == 4 && ascii.IsDigit(s[0]):
		return tagVariant
	}
	return tagWrong
}

func isAlnum(b byte) bool { return ascii.IsAlpha(b) || ascii.IsDigit(b) }

// isCode tells whether a table has a code of two letters.
func isCode(table, code string) bool {
	for i := 0; i+2 <= len(table); i += 3 {
		if table[i:i+2] == code {
			return true
		}
	}
	return false
}

// languages are the subtags of two letters that IANA has registered: those of ISO 639-1, and what was there before them.
const languages = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el " +
	"en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik in io is it " +
	"iu iw ja ji jv jw ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo " +
	"mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh " +
	"si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh " +
	"yi yo za zh zu"

// countries are the codes of ISO 3166-1, and XK, which everybody says of Kosovo.
const countries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO " +
	"FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE " +
	"JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO " +
	"MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW " +
	"PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM " +
	"TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
