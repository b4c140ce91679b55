package browser

import "bytes"

// otherFrame handles what is not a whole text message in one frame.
func (b *Browser) otherFrame(f frame, turn *Turn) error {
	switch f.op {
	case opPing:
		turn.Out = appendFrame(turn.Out, opPong, f.payload)
		return nil
	case opPong:
		return nil
	case opClose:
		turn.Out = appendFrame(turn.Out, opClose, f.payload[:min(2, len(f.payload))])
		return fail(closeCause(f.payload))
	case opBinary:
		return protocolFailure("binary frame")
	case opText, opContinuation:
		return b.fragment(f, turn)
	}
	return protocolFailure("unknown opcode")
}

// fragment puts a fragmented message together: RFC 6455, section 5.4.
func (b *Browser) fragment(f frame, turn *Turn) error {
	if (f.op == opText) == b.fragmented {
		return protocolFailure("fragments out of order")
	}
	if len(b.fragments)+len(f.payload) > MaxPayloadBytes {
		return protocolFailure("message over 1 MiB")
	}
	b.fragments, b.fragmented = append(b.fragments, f.payload...), !f.fin
	if !f.fin {
		return nil
	}
	message := b.fragments
	b.fragments = nil
	return b.packet(message, turn)
}

// packet handles one Engine.IO packet. The two kinds of quote come first: they
// are all that comes thousands of times a second.
func (b *Browser) packet(p []byte, turn *Turn) error {
	if quote, ok := bytes.CutPrefix(p, quotePrefix); ok && b.phase == phaseLive {
		b.quote(quote, turn)
		return nil
	}
	if quotes, ok := bytes.CutPrefix(p, batchPrefix); ok && b.phase == phaseLive {
		b.batch(quotes, turn)
		return nil
	}
	if len(p) == 0 {
		return protocolFailure("empty packet")
	}
	if b.phase == phaseOpen {
		return b.open(p, turn)
	}
	switch p[0] {
	case enginePing:
		b.pinged = turn.Now
		turn.Out = appendFrame(turn.Out, opText, append(pongPacket, p[1:]...))
		return nil
	case engineMessage:
		return b.message(p, turn)
	case engineNoop:
		return nil
	case engineClose:
		return fail("Engine.IO session closed by the server while " + b.phase.String())
	}
	return protocolFailure("unexpected Engine.IO packet")
}

// open answers the open packet with CONNECT.
func (b *Browser) open(p []byte, turn *Turn) (err error) {
	if b.silence, err = readOpening(p); err != nil {
		return err
	}
	b.phase, b.pinged = phaseConnect, turn.Now
	turn.Out = appendConnect(turn.Out, b.token, b.recovery)
	return nil
}

// message handles one Socket.IO packet, p being the whole Engine.IO packet.
func (b *Browser) message(p []byte, turn *Turn) error {
	if len(p) < 2 {
		return protocolFailure("empty Socket.IO packet")
	}
	switch p[1] {
	case socketConnectError:
		return readRefusal("CONNECT_ERROR", p[2:])
	case socketDisconnect:
		return fail("disconnected by the server while " + b.phase.String())
	case socketConnect:
		return b.connected(p[2:], turn)
	case socketEvent, socketAck:
		if b.phase != phaseLive {
			return protocolFailure("an event before the CONNECT reply")
		}
		return b.event(p, turn)
	}
	return protocolFailure("unexpected Socket.IO packet")
}

// connected answers the CONNECT reply with the subscription, unless the server
// has it still.
func (b *Browser) connected(payload []byte, turn *Turn) error {
	if b.phase != phaseConnect {
		return protocolFailure("second CONNECT reply")
	}
	pid, err := readConnected(payload)
	if err != nil {
		return err
	}
	b.phase, b.Connected = phaseLive, turn.Now
	b.Recovered = pid != "" && pid == b.recovery.pid
	b.recovery.pid = pid
	if b.Recovered {
		b.Confirmed = turn.Now
		return nil
	}
	turn.Out, b.confirmations = appendSubscribe(turn.Out, b.script.Names, b.list, b.script.Batch)
	return nil
}

// event handles an event that is not a quote. What the measurement does not need
// passes: other events, those that ask for an acknowledgement, and
// acknowledgements.
func (b *Browser) event(p []byte, turn *Turn) error {
	name, arguments, ok := eventParts(p)
	if !ok && bytes.HasPrefix(p, eventPrefix) {
		return protocolFailure("malformed event")
	}
	b.recovery.note(arguments)
	switch name {
	case "error":
		return readRefusal("error event", arguments)
	case "subscribed:watchlist":
		if !bytes.Contains(arguments, []byte(`"success":true`)) {
			return fail("subscription refused")
		}
		if b.confirmations--; b.confirmations == 0 {
			b.Confirmed = turn.Now
		}
	case "trade:executed":
		return b.notice(arguments, turn)
	}
	return nil
}

// notice tells of a trade. Its id comes before that of the nested copy.
func (b *Browser) notice(arguments []byte, turn *Turn) error {
	if b.script.Notice == nil {
		return nil
	}
	id := after(arguments, idField)
	end := bytes.IndexByte(id, '"')
	if end < 0 {
		return protocolFailure("trade:executed without an id")
	}
	b.script.Notice(id[:end], turn.Now)
	return nil
}

// batch handles the quotes of one flush.
func (b *Browser) batch(quotes []byte, turn *Turn) {
	for len(quotes) > 0 && quotes[0] == '{' {
		var quote []byte
		quote, quotes = nextQuote(quotes)
		b.quote(quote, turn)
	}
	if len(quotes) > 0 && quotes[0] != ']' {
		turn.Recorder.Unreadable++
	}
}

// quote settles the tick that a quote carries.
func (b *Browser) quote(p []byte, turn *Turn) {
	symbol, seq, result := scanQuote(b.script.Names, p)
	if result == unreadable {
		turn.Recorder.Unreadable++
		return
	}
	var position *position
	if result == scanned {
		position = b.list.find(symbol)
	}
	if position == nil {
		turn.Recorder.Unrequested++
		return
	}
	if b.Snapshot == 0 {
		b.take(p)
	}
	before := position.held
	position.held = turn.Recorder.Settle(turn.Tape, symbol, before, seq, turn.Now)
	if before == 0 && position.held != 0 {
		if b.list.missing--; b.list.missing == 0 {
			b.Snapshot = turn.Now
		}
	}
}
