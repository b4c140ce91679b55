// Package journaltest is the contract of persistence as tests: every journal
// and store passes Run. Each test is a claim of the contract; the last one lets
// a state machine do anything in any order and compares with a model.
package journaltest
