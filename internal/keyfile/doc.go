// Package keyfile writes and reads key files: one product key a row, tab-separated or
// as a spreadsheet, in the layouts that volume licensing customers know.
//
// It is not where keys come from or go to: it opens no sealed key, knows no viewer and
// no database, decides nobody's rights and words no message. Whoever calls it says
// which rows a person may have, and puts the codes of what is wrong into words. It
// leaves nothing on the disk, not even for a moment: rows stream through memory.
package keyfile
