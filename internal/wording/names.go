//go:build !tinygo || documents || variables

package wording

// elementNames are the names of elements, and of attributes and their values, that browsers' parsers look at, in the order in which
// internal/markup numbers them.
const elementNames = "a b big code em font i nobr s small strike strong tt u " +
	"address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header hgroup " +
	"main menu nav ol search section summary ul pre listing form li dd dt h1 h2 h3 h4 h5 h6 p button applet marquee object " +
	"table caption colgroup col tbody tfoot thead tr td th template html head body frameset frame " +
	"base basefont bgsound link meta title noframes style script noscript textarea iframe noembed xmp plaintext " +
	"select option optgroup hr br area embed img image keygen wbr input param source track rb rtc rp rt ruby " +
	"span sub sup var svg math desc foreignobject mi mo mn ms mtext annotation-xml mglyph malignmark " +
	"for shadowrootmode color face size type encoding hidden text/html application/xhtml+xml start end marker "

// inputFields are header fields that a slot cannot declare, in the order of internal/route's kinds, with a line for each; a name that
// ends with a hyphen stands for all that begin with it.
const inputFields = "cookie\n" +
	"authorization\n" +
	"accept-encoding range if-match if-none-match if-modified-since if-unmodified-since if-range\n" +
	"host\n" +
	"connection keep-alive te trailer transfer-encoding upgrade http2-settings expect max-forwards via set-cookie content-\n" +
	"forwarded x-real-ip x-forwarded-\n" +
	"proxy- inlay-\n" +
	"sec-"

// fieldsNotKept are the fields of an answer that do not go out with a page of the origin that was kept; a name that ends with a
// hyphen stands for all that begin with it.
const fieldsNotKept = "connection keep-alive proxy- te trailer transfer-encoding upgrade via alt-svc " +
	"set-cookie set-cookie2 www-authenticate authentication-info clear-site-data " +
	"content-length content-encoding content-range content-type content-md5 content-digest content-location accept-ranges digest repr-digest " +
	"etag last-modified cache-control cdn-cache-control expires pragma age date vary " +
	"surrogate- cache-tag cache-groups cache-group-invalidation cache-status server-timing inlay- x-accel-"

// readersOfText are parts, in lower case and a line each, of the User-Agent of readers that take a page as it stands in the answer's
// bytes: crawlers (by the words that nearly all of them carry, RFC 9309 calls them product tokens), text browsers, and
// browsers without a way to patches. "compatible;" is how robots begin after Mozilla/5.0, and old Internet Explorers, for
// whom it is right too; "://" is the address at which a robot's owner explains it, and no browser has one.
const readersOfText = "compatible;\nbot\n://\ncrawl\nspider\nslurp\nfetch\narchiver\nscrap\nvalidator\npreview\nlighthouse\n" +
	"mediapartners\ngoogle favicon\nfacebookexternalhit\nwhatsapp\nembedly\n" +
	"lynx\nw3m\nlinks\ndillo\nnetsurf\ntrident/\nopera mini"
