package slapd

import (
	"fmt"
	"strings"
)

// person writes one entry; more are further lines, of object classes first.
func person(b *strings.Builder, parent, uid, name, mail, phone string, more ...string) {
	given, sn, _ := strings.Cut(name, " ")
	lines := append([]string{fmt.Sprintf("dn: uid=%s,%s", uid, parent), "objectClass: inetOrgPerson"}, more...)
	lines = append(lines, "cn: "+name, "givenName: "+given, "sn: "+sn, "userPassword: "+Password)
	if mail != "" {
		lines = append(lines, "mail: "+mail)
	}
	if phone != "" {
		lines = append(lines, "mobile: "+phone)
	}
	b.WriteString(strings.Join(lines, "\n") + "\n\n")
}

// people are ann, bob, carol, three whose names would break a filter or a DN that is put together from text, the numbered
// staff, and the foreign ones.
func people() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nobjectClass: organization\nobjectClass: dcObject\no: Example\ndc: example\n\n", Base)
	for _, ou := range []string{"people", "groups", "foreign"} {
		fmt.Fprintf(&b, "dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n", ou, Base, ou)
	}
	fmt.Fprintf(&b, "dn: %s\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: %s\n\n", Reader, Password)
	person(&b, People, "ann", "Ann Archer", "ann@example.org", "+15550100", "uid: ann")
	person(&b, People, "bob", "Bob Baker", "bob@example.org", "+15550101", "uid: bob")
	person(&b, People, "carol", "Carol Cook", "carol@example.org", "", "uid: carol")
	person(&b, People, "star*", "Star Sign", "", "", "uid: star*")
	person(&b, People, `o\2C\28b\29`, "Odd Bracket", "", "", "uid: o,(b)")
	for i := range Staff {
		person(&b, People, fmt.Sprintf("u%03d", i), fmt.Sprintf("User Number%03d", i), fmt.Sprintf("u%03d@example.org", i), "", fmt.Sprintf("uid: u%03d", i))
	}
	foreign := func(uid, guid string, control int) {
		person(&b, Foreign, uid, "Foreign "+uid, uid+"@example.com", "", "objectClass: foreignEntry", "uid: "+uid, "objectGUID:: "+guid,
			"sAMAccountName: "+uid, "userPrincipalName: "+uid+"@example.com", fmt.Sprint("userAccountControl: ", control))
	}
	foreign("dora", "ABEiM0RVZneImaq7zN3u/w==", 512)  // 00 11 22 ... ff
	foreign("emil", "AQIDBAUGBwgJCgsMDQ4PEA==", 514)  // with ACCOUNTDISABLE
	foreign("frida", "/////wAAAAAAAAAAAAAAAQ==", 512) // with octets that are special in no filter and all text
	person(&b, Foreign, "greta", "Greta Green", "greta@example.com", "", "objectClass: foreignEntry", "uid: greta",
		"nsUniqueId: 3a45cf81-1d1211b2-8d8cc8b4-5c87d1d5", "nsAccountLock: true")
	return b.String()
}

// groups: engineers within staff, a circle of two, one of admins, and one deep chain.
func groups() string {
	var b strings.Builder
	group := func(parent, cn string, members ...string) {
		fmt.Fprintf(&b, "dn: cn=%s,%s\nobjectClass: groupOfNames\ncn: %s\n", cn, parent, cn)
		for _, m := range members {
			fmt.Fprintf(&b, "member: %s\n", m)
		}
		b.WriteString("\n")
	}
	uid := func(name string) string { return "uid=" + name + "," + People }
	cn := func(name string) string { return "cn=" + name + "," + Groups }
	numbered := make([]string, Staff)
	for i := range numbered {
		numbered[i] = uid(fmt.Sprintf("u%03d", i))
	}
	group(Groups, "engineers", uid("ann"), uid("u000"))
	group(Groups, "staff", append(numbered, uid("bob"), cn("engineers"))...)
	group(Groups, "admins", uid("ann"))
	group(Groups, "circle-a", uid("carol"), cn("circle-b"))
	group(Groups, "circle-b", cn("circle-a"))
	group(Groups, "level-0", uid("bob"))
	for i := 1; i < 6; i++ {
		group(Groups, fmt.Sprintf("level-%d", i), cn(fmt.Sprintf("level-%d", i-1)))
	}
	group(Foreign, "abroad", "uid=dora,"+Foreign, "uid=emil,"+Foreign)
	return b.String()
}
