package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// AppendPlaceholder appends what stands in the JSON of a binary packet for the
// attachment with that number, counted from 0.
func AppendPlaceholder(dst []byte, number int) []byte {
	dst = append(dst, `{"_placeholder":true,"num":`...)
	return append(strconv.AppendInt(dst, int64(number), 10), '}')
}

// checkPlaceholders reports a placeholder that stands for none of the
// attachments. data is valid JSON. It reads token by token, so that it holds
// little however large data is.
func checkPlaceholders(data []byte, attachments int) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var open []level
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("the packet's data is not JSON: %w", err)
		case token == json.Delim('}') || token == json.Delim(']'):
			if err := open[len(open)-1].check(attachments); err != nil {
				return err
			}
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			open[len(open)-1].take(token)
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			open = append(open, level{isObject: token == json.Delim('{')})
		}
	}
}

// level is an array or an object that is being read.
type level struct {
	isObject bool

	// of objects
	inValue       bool // the key is read, its value is next
	key           string
	isPlaceholder bool
	number        json.Number // empty where num is absent or is no number
}

// take takes the next key or value. Of a key that comes twice the last value
// counts, as in JavaScript.
func (l *level) take(token json.Token) {
	if !l.isObject {
		return
	}
	if !l.inValue {
		l.key, _ = token.(string) // keys are strings
		l.inValue = true
		return
	}
	l.inValue = false
	switch l.key {
	case "_placeholder":
		l.isPlaceholder = token == true
	case "num":
		l.number, _ = token.(json.Number)
	}
}

// check judges an object that is complete.
func (l *level) check(attachments int) error {
	if !l.isPlaceholder {
		return nil
	}
	n, err := strconv.ParseFloat(l.number.String(), 64) // 1.0 is a number of JavaScript, too
	if err != nil || n < 0 || n >= float64(attachments) || n != float64(int(n)) {
		return fmt.Errorf("the placeholder of attachment %.20q is not allowed: num must be 0 to %d", l.number, attachments-1)
	}
	return nil
}
