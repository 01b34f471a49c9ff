package wording

// ID is the number of a text. The zero value is no text, and says that nothing is wrong.
type ID uint16

// The texts, by who says them: texts.go has them in the same order.
const (
	Nothing ID = iota

	// internal/answer: why a fill failed.

	WrongStatus
	MayNotBeUsed
	NotClosed
	TooLarge
	TookTooLong
	NotReached
	LeaderEnded
	UnknownReason
	FillFailed

	// internal/answer: why an answer is no fragment.

	StatusIs
	RedirectIs
	SizeIs
	EncodingIs
	AnswerDoes
	RedirectDoes
	SetsCookie
	SaysNoStore
	SaysPrivate
	VariesOn
	HasNoType
	TypeIs
	CharsetIs
	HasNoTime

	// internal/markup.

	FaultIs

	// internal/config: addresses.

	NotHTTP
	HasUser
	HasFragment
	HasQuery
	PathEscape
	PathByte
	PathDots
	BracketOpen
	NotIPv6
	AfterBracket
	PortNumber
	PortZero
	NoHost
	LongHost
	HostLabel
	HostHyphen
	HostByte
	NotIPv4

	// internal/config: variables.

	ExpectedOrigin
	ExpectedHosts
	ExpectedPatterns
	ExpectedFields
	NoFieldName
	NoFieldValue
	FieldIsSet
	FieldAgain
	ExpectedDuration
	ExpectedBytes
	ExpectedNumber
	ExpectedBoolean
	ExpectedFactor
	ExpectedASCII
	ExpectedLength
	FragmentOverBudget
	ExpectedFieldName
	ValueIs
	From1MiBTo96MiB
	From1To8MiB
	From1ms
	From0s
	From0sTo5m
	From10msTo25s
	From0sTo1s
	From50msTo1h
	From50msToLease
	From0sTo7d
	From1To64
	From0To8

	// internal/route: why a request is refused.

	BadEscape
	HasControl
	NotUTF8
	HasBackslash
	LongParameter
	SlashInParameter
	HasDots
	EmptySegment

	// internal/engine: the same.

	NoPath
	HasHash
	SegmentDots
	NotThisHost
	HostsLists

	// internal/engine: what is wrong with a fill or a fragment.

	HostNotAllowed
	NoscriptDecides
	CannotBeMended
	TooDeepInPage
	NoAttemptEnded
	ContextGone
	Other304
	UTF16
	NestedTooDeep
	ContainsItself
	TooManySlots
	HasNoSlots
	CannotBeShown
	SlotCannotBeShown
	NoSuchSlot
	PageAnd

	// Lists of names, which core.wasm gets in the same way: see [List].

	ElementNames
	InputFields
	FieldsNotKept
	ReadersOfText

	named
)

// The Faults of fragments, as internal/markup counts them.
const (
	FirstFault = named
	count      = FirstFault + Faults

	Faults = 48
)
