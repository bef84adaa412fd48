package ldapdir

import "strings"

// Refusal is an [ErrCredentials] of which the server says why.
type Refusal string

// The refusals. Active Directory tells of an expired password, or one that is to be changed first, only whoever knows it.
const (
	NotNow          Refusal = "the account may not sign in at this time, or not from here"
	PasswordExpired Refusal = "the password has expired, or must be changed first"
	AccountDisabled Refusal = "the account is disabled"
	AccountExpired  Refusal = "the account has expired"
	AccountLocked   Refusal = "the account is locked after wrong passwords"
)

func (r Refusal) Error() string { return string(r) }

// Is makes each an [ErrCredentials].
func (r Refusal) Is(target error) bool { return target == ErrCredentials }

// refusals are by the error codes of Windows (MS-ERREF section 2.2) that Active Directory writes, in hexadecimal digits, into the
// words of its answer.
var refusals = map[string]Refusal{
	"530": NotNow, "531": NotNow, "532": PasswordExpired, "533": AccountDisabled, "701": AccountExpired, "773": PasswordExpired,
	"775": AccountLocked,
}

func refusal(err error) error {
	_, after, _ := strings.Cut(err.Error(), "AcceptSecurityContext error, data ")
	code, _, _ := strings.Cut(after, ",")
	if r, ok := refusals[code]; ok {
		return r
	}
	return ErrCredentials
}
