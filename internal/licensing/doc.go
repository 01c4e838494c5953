// Package licensing is Keyhall's vocabulary: licence IDs, product keys, people and
// their rights, and the rules that hold between them.
//
// It is not where anything is kept, shown or sent: it does no I/O, knows no clock
// (the time is an argument) and imports nothing of the portal.
package licensing
