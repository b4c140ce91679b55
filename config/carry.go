package config

import (
	"errors"
	"reflect"
	"slices"
	"strings"
)

// operatorOrigin begins the origin of what an operator set.
const operatorOrigin = "operator "

// Override is a setting that an operator changed, and that holds.
type Override struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	By    string `json:"by"`
}

// Overrides are what operators changed and what holds, for the process that comes
// next, in the order of the keys.
func (r *Running) Overrides() []Override {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.inForce.Load()
	fields := values(reflect.ValueOf(&now.Settings))
	var overrides []Override
	for key := range r.operator {
		overrides = append(overrides, Override{Key: key, Value: format(fields[key]), By: strings.TrimPrefix(now.origin(key), operatorOrigin)})
	}
	slices.SortFunc(overrides, func(a, b Override) int { return strings.Compare(a.Key, b.Key) })
	return overrides
}

// Basis is what a process would start with that has the same sources, but for what
// needs a restart, which is as this process has it.
func (r *Running) Basis() *Loaded {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.sources.clone()
	fields, started := values(reflect.ValueOf(&next.Settings)), values(reflect.ValueOf(&r.started.Settings))
	for key, f := range next.schema {
		if !f.live {
			fields[key].Set(started[key])
			next.origins[key] = r.started.origin(key)
		}
	}
	return next
}

// Carry takes over what operators changed in the process before this one. Nobody
// is told of a change, as nothing changes for those who are connected. The error
// is a *Refusal with what this program does not take; the rest holds.
func (r *Running) Carry(overrides []Override) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.carry(overrides...) == nil { // together, since one may be allowed by another
		return nil
	}
	refusal := &Refusal{}
	for _, o := range overrides {
		if err := r.carry(o); err != nil {
			refusal.Problems = append(refusal.Problems, Problem{o.Key, err.Error()})
		}
	}
	if len(refusal.Problems) > 0 {
		return refusal.sorted()
	}
	return nil
}

// carry takes over all of some settings or none. Needs mu.
func (r *Running) carry(overrides ...Override) error {
	was := r.inForce.Load()
	next := was.clone()
	fields := values(reflect.ValueOf(&next.Settings))
	for _, o := range overrides {
		value, problem := next.schema.live(o.Key, o.Value)
		if problem != "" {
			return errors.New(problem)
		}
		fields[o.Key].Set(value)
		next.origins[o.Key] = operatorOrigin + o.By
	}
	if err := next.Settings.Validate(); err != nil {
		return err
	}
	if err := r.hooks.Apply(was.Settings, next.Settings); err != nil {
		return err
	}
	r.inForce.Store(next)
	for _, o := range overrides {
		r.operator[o.Key] = true
	}
	return nil
}
