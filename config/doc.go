// Package config is the tree of all settings: each room's Options, with
// defaults in code, overridden by a YAML file, the environment and flags, in
// that order of strength.
//
// It owns loading, checking and describing them. Problems are reported all
// together, each with the key, the value, what is allowed and where the value
// came from. It imports the rooms; no room imports it.
//
// Running changes them while the process runs; audit remembers who did. What each
// means is said by the comment of its field, from which reference writes
// descriptions.go and docs/settings.md.
package config

//go:generate go run ./reference
