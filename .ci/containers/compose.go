package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
)

// checkCompose loads a compose file as Compose does, with its variables from the
// environment, and looks for what it mounts.
func checkCompose(ctx context.Context, path string) error {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithOsEnv)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return err
	}
	var errs []error
	exists := func(service, path string) {
		if _, err := os.Stat(path); err != nil {
			errs = append(errs, fmt.Errorf("service %s: %w", service, err))
		}
	}
	for name, service := range project.Services {
		for _, volume := range service.Volumes {
			if volume.Type == "bind" {
				exists(name, volume.Source)
			}
		}
		if build := service.Build; build != nil {
			exists(name, filepath.Join(build.Context, build.Dockerfile))
		}
	}
	return errors.Join(errs...)
}
