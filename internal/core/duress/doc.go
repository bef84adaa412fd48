// Package duress tells, at once and by mail, that a user was forced to unlock a device. A call for help is written down before
// the device has its answer and stays until the mail server has taken the mail, so that neither a restart nor a mail server that
// is away loses it. Nothing of it stands where who has the device could look.
package duress
