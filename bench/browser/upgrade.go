package browser

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

const (
	// keySuffix is the GUID of RFC 6455, section 1.3.
	keySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

	// maxHeadBytes bounds the answer to the upgrade request.
	maxHeadBytes = 16 << 10
)

// websocketKey is the nonce of one upgrade request, before base64.
type websocketKey [16]byte

func newWebsocketKey() (key websocketKey) {
	binary.BigEndian.PutUint64(key[:8], rand.Uint64())
	binary.BigEndian.PutUint64(key[8:], rand.Uint64())
	return key
}

func (k websocketKey) String() string { return base64.StdEncoding.EncodeToString(k[:]) }

// accept returns what the server must answer: RFC 6455, section 4.2.2.
func (k websocketKey) accept() string {
	sum := sha1.Sum([]byte(k.String() + keySuffix))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// appendUpgrade appends the request with which socket.io-client opens its
// WebSocket. It offers no compression, as no answer could be read then without
// inflating it, and sends no Origin, like a client under Node.
func appendUpgrade(dst []byte, host, path string, key websocketKey) []byte {
	dst = append(dst, "GET "...)
	dst = append(dst, path...)
	dst = append(dst, "?EIO=4&transport=websocket HTTP/1.1\r\nHost: "...)
	dst = append(dst, host...)
	dst = append(dst, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "...)
	dst = append(dst, key.String()...)
	return append(dst, "\r\n\r\n"...)
}

// readUpgrade checks the answer to the upgrade request at the beginning of p. A
// size of 0 says that p does not hold all of it yet.
func readUpgrade(p []byte, key websocketKey) (size int, err error) {
	end := bytes.Index(p, []byte("\r\n\r\n"))
	switch {
	case end < 0 && len(p) > maxHeadBytes, end > maxHeadBytes:
		return 0, protocolFailure("upgrade answer over 16 KiB")
	case end < 0:
		return 0, nil
	}
	size = end + len("\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(p[:size])), nil)
	if err != nil {
		return 0, protocolFailure("upgrade answer is not HTTP")
	}
	// A body, if there is one, lies beyond the head and is of no interest.
	defer answer.Body.Close()
	switch {
	case answer.StatusCode != http.StatusSwitchingProtocols:
		return 0, fail("refused: HTTP " + strconv.Itoa(answer.StatusCode) + " " + http.StatusText(answer.StatusCode))
	case !strings.EqualFold(answer.Header.Get("Upgrade"), "websocket"):
		return 0, protocolFailure("upgrade answer is not for a WebSocket")
	case answer.Header.Get("Sec-WebSocket-Accept") != key.accept():
		return 0, protocolFailure("wrong Sec-WebSocket-Accept")
	case answer.Header.Get("Sec-WebSocket-Extensions") != "":
		return 0, protocolFailure("an extension that was not offered")
	}
	return size, nil
}
