package main

import "os"

// notifyUpgrade has nothing to do: Windows has no such signal.
func notifyUpgrade(chan<- os.Signal) {}
