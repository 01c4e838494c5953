package witness

// OnlyPublic lets tests ask about addresses that no test can connect to.
var OnlyPublic = onlyPublic
