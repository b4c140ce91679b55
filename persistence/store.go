package persistence

import (
	"iter"
	"time"
)

// Document is a small value under a key, replaced as a whole.
type Document struct {
	// Key is 1 to MaxKeyBytes; documents are ordered by its bytes.
	Key string
	// Value is at most MaxDocumentBytes.
	Value []byte
	// Lifetime is after how long the document is forgotten, 0 is never.
	Lifetime time.Duration
}

// Store keeps documents: what needs no history. All methods may be called from
// any goroutine; Get and Scan read the disk and so may block.
type Store interface {
	// Put replaces documents, all or none: MaxPutDocuments, of MaxPutBytes, at most.
	// An empty Value deletes. done is as Append.Done, and may be nil.
	Put(documents []Document, done func(error))
	// Get returns the value of a document, or ErrNotFound.
	Get(key string) ([]byte, error)
	// Scan yields the documents with from <= Key < to, in order. After an error
	// it ends. A document is valid until the next.
	Scan(from, to string) iter.Seq2[Document, error]
}
