package licensing

// KeyRow is what a row of a key file says.
type KeyRow struct {
	Licence      string // licence ID's number
	Programme    string
	Organisation string
	Product      string
	Key          Secret
	Type         KeyType
	Used, Total  int // of a MAK; 0 for every other type
	Seats        int
	OSAStatus    *OSAStatus
}
