module github.com/keyhall/keyhall

go 1.26.0
