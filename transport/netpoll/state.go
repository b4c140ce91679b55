package netpoll

// The states of a connection, in the order it passes them.
const (
	stateOpen     uint32 = iota
	stateDraining        // CloseAfterFlush: what is kept is sent, what comes is dropped
	stateClosed          // the descriptor closes as soon as the loop gets to it
	stateDetached        // it is somebody else's
)
