package wire

import "unicode/utf8"

// appendText appends s as a JSON string.
func appendText(dst []byte, s string) []byte {
	if !needsNoEscape(s) {
		return appendJSON(dst, s)
	}
	dst = append(append(dst, '"'), s...)
	return append(dst, '"')
}

// needsNoEscape reports whether s stands between quotes as it is.
func needsNoEscape(s string) bool {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s)
}
