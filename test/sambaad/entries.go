package sambaad

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// The states of accounts (MS-ADTS section 2.2.16).
const (
	normal     = 0x200
	disabled   = normal | 0x2
	noPassword = normal | 0x20
)

// SetPassword is the line of LDIF that is an account's password (MS-ADTS section 3.1.1.3.1.5.1): in quotes, as UTF-16.
func SetPassword(password string) string {
	var b []byte
	for _, x := range utf16.Encode([]rune(`"` + password + `"`)) {
		b = binary.LittleEndian.AppendUint16(b, x)
	}
	return "unicodePwd:: " + base64.StdEncoding.EncodeToString(b)
}

func entry(b *strings.Builder, dn string, lines ...string) {
	fmt.Fprintf(b, "dn: %s\n%s\n\n", dn, strings.Join(lines, "\n"))
}

// person writes one account whose name is escaped for a DN.
func person(b *strings.Builder, name, login string, control int, more ...string) {
	lines := append([]string{
		"objectClass: user", "sAMAccountName: " + login, "userPrincipalName: " + login + "@example.org", "mail: " + login + "@example.org",
		fmt.Sprint("userAccountControl: ", control), SetPassword(Password),
	}, more...)
	entry(b, "CN="+name+","+People, lines...)
}

// people are accounts in every state, what is no person, and the numbered ones.
func people() string {
	var b strings.Builder
	for _, ou := range []string{People, Elsewhere, Staff, Groups} {
		entry(&b, ou, "objectClass: organizationalUnit")
	}
	person(&b, "Reader", "reader", normal)
	person(&b, "Ann Archer", "ann", normal, "displayName: Ann Archer", "mobile: +15550100")
	person(&b, `Müller\, Jürgen`, "juergen", normal, "displayName: Müller, Jürgen")
	person(&b, "Bob Baker", "bob", normal)
	person(&b, "Carol Cook", "carol", normal)
	person(&b, "Dora Gone", "dora", normal)
	person(&b, "Emil Off", "emil", disabled)
	person(&b, "Frida Expired", "frida", normal, "accountExpires: 116444736000000001") // in 1970
	person(&b, "Gustav New", "gustav", normal, "pwdLastSet: 0")                        // must change the password
	entry(&b, "CN=Contact,"+People, "objectClass: contact", "mail: contact@example.com")
	entry(&b, "CN=PC1,"+People, "objectClass: computer", "sAMAccountName: PC1$", "userAccountControl: 4096")
	for i := range Many {
		entry(&b, fmt.Sprintf("CN=User %04d,%s", i, Staff), "objectClass: user", fmt.Sprintf("sAMAccountName: u%04d", i),
			fmt.Sprint("userAccountControl: ", noPassword))
	}
	return b.String()
}

// groups: engineers within building within admins, everybody of Staff, and those that hold primary groups. Bob's primary group is
// Domain Guests, everybody else's Domain Users.
func groups() string {
	var b strings.Builder
	group := func(cn string, members ...string) {
		lines := []string{"objectClass: group", "sAMAccountName: " + cn}
		for _, m := range members {
			lines = append(lines, "member: "+m)
		}
		entry(&b, "CN="+cn+","+Groups, lines...)
	}
	cn := func(name, parent string) string { return "CN=" + name + "," + parent }
	numbered := make([]string, Many)
	for i := range numbered {
		numbered[i] = cn(fmt.Sprintf("User %04d", i), Staff)
	}
	group("many", numbered...)
	group("engineers", cn("Ann Archer", People), cn(`Müller\, Jürgen`, People))
	group("building", cn("engineers", Groups))
	group("admins", cn("building", Groups))
	group("everybody", cn("Domain Users", "CN=Users,"+Base))
	entry(&b, "CN=Domain Guests,CN=Users,"+Base, "changetype: modify", "add: member", "member: "+cn("Bob Baker", People))
	entry(&b, cn("Bob Baker", People), "changetype: modify", "replace: primaryGroupID", "primaryGroupID: 514")
	return b.String()
}
