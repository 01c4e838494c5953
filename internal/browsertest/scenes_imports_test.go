package browsertest_test

// importPlays is the pages of the operator, who sends files in each language.
func importPlays() []play {
	return []play{
		{"olli@operator.example", []scene{
			{"imports", "/imports", 200, nil},
			{"imports-refused", "/imports", 200, func(b *tab) {
				b.t.Helper()
				b.chooseFile("colours.csv", "Name;Colour\nOffice;red\n")
				b.refuses("/imports")
			}},
			{"import-preview", "/imports", 200, sending("good.tsv", fileHead+goodMAK+goodKey)},
			{"import-wrong", "/imports", 200, sending("broken.tsv", fileHead+goodMAK+wrongRow)},
			{"imports-waiting", "/imports", 200, nil},
		}},
	}
}

// sending sends a key file and waits for what is said of it.
func sending(name, content string) func(*tab) {
	return func(b *tab) { b.t.Helper(); b.sendFile(name, content) }
}
