// Package autodiscover tells mail clients that know but a mail address where their ActiveSync server is (MS-OXDISCO and
// MS-ASAB, mobilesync schema of 2006). The answer is always Drover's own address, and only who has proven the
// credentials gets one.
package autodiscover
