package browsertest_test

// accessPlays is the pages of who asks for access, who answers, and who sees where nobody
// does.
func accessPlays() []play {
	return []play{
		{"kevin@nordvik.example", []scene{
			{"access-asking", "/access-requests?number=74120935", 200, opening},
			{"access-wrong", "/access-requests", 200, askForWrong},
			{"agreement", "/access-requests/agreements", 200, nil},
			{"agreement-wrong", "/access-requests/agreements", 200, filling("/access-requests/agreements", "agreement-authorisation", "A-1", "agreement-licence", "5530961")},
		}},
		{"anna@nordvik.example", []scene{
			{"access", "/access-requests", 200, nil},
			{"access-answering", "/access-requests", 200, opening},
		}},
		{"olli@operator.example", []scene{
			{"access-unheard", "/access-requests", 200, nil},
		}},
	}
}

func askForWrong(b *tab) {
	b.t.Helper()
	b.pick("ask-role", "key_viewer")
	filling("/access-requests", "ask-number", "7412", "ask-reason", "For the laptops.")(b)
}

// filling fills fields in by their ids, and sends the form, which is not right.
func filling(action string, fields ...string) func(*tab) {
	return func(b *tab) {
		b.t.Helper()
		for i := 0; i+1 < len(fields); i += 2 {
			b.fill(fields[i], fields[i+1])
		}
		b.refuses(action)
	}
}
