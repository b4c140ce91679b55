package server

// Sockets is what the kernel holds for connections: buffered bytes with the
// kernel's own overhead for each piece, and no part of any process's memory.
type Sockets struct {
	Count int
	Bytes int64
}
