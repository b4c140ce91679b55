package config

var descriptions = map[string]string{}
