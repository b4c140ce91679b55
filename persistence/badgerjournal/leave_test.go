package badgerjournal

import (
	"os"
	"strconv"

	"outcry/persistence/descriptors"
)

// leaveVariable has a victim open files until so many descriptors are left to it.
const leaveVariable = "OUTCRY_TEST_LEAVE"

// takeDescriptors does that. The files stay open until the process ends.
func takeDescriptors() {
	leave, err := strconv.Atoi(os.Getenv(leaveVariable))
	if err != nil {
		return
	}
	gauge := &descriptors.Gauge{}
	for gauge.Read(0).Left() > leave {
		file, err := os.Open(os.DevNull)
		if err != nil {
			panic(err)
		}
		held = append(held, file)
	}
}

// held keeps the collector from closing them.
var held []*os.File
