// Package signin signs people in and out over HTTP: by Discord, and in development
// mode as one of the demo users. What it makes is a login of package auth and the
// cookie that stands for it.
package signin
