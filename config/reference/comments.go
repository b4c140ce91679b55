package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"outcry/config"
)

// descriptions returns what each setting means, by its key: the comment of its
// field.
func descriptions(root string) (map[string]string, error) {
	declared := config.Declarations()
	siblings := map[reflect.Type]map[string]string{} // keys by the names of the fields of a struct
	for _, d := range declared {
		if siblings[d.Struct] == nil {
			siblings[d.Struct] = map[string]string{}
		}
		siblings[d.Struct][d.Field] = d.Key
	}
	comments := map[reflect.Type]map[string]string{}
	texts := map[string]string{}
	for _, d := range declared {
		if comments[d.Struct] == nil {
			found, err := fieldComments(root, d.Struct)
			if err != nil {
				return nil, err
			}
			comments[d.Struct] = found
		}
		comment := comments[d.Struct][d.Field]
		if comment == "" {
			return nil, fmt.Errorf("%s: the field %s.%s has no comment to describe it by", d.Key, d.Struct, d.Field)
		}
		texts[d.Key] = describe(d.Field, comment, siblings[d.Struct])
	}
	return texts, nil
}

// fieldComments reads the comments of a struct's fields from the source of its package.
func fieldComments(root string, t reflect.Type) (map[string]string, error) {
	_, path, _ := strings.Cut(t.PkgPath(), "/")
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(path), "*.go"))
	if err != nil {
		return nil, fmt.Errorf("find the source of %s: %w", t, err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("read the source of %s: %w", t, err)
		}
		if fields := structOf(file, t.Name()); fields != nil {
			return commentsOf(fields), nil
		}
	}
	return nil, fmt.Errorf("there is no source of %s in %s", t, path)
}

// structOf finds the struct of a name among the declarations of a file.
func structOf(file *ast.File, name string) *ast.StructType {
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.Name == name {
				fields, _ := spec.Type.(*ast.StructType)
				return fields
			}
		}
	}
	return nil
}

func commentsOf(s *ast.StructType) map[string]string {
	comments := map[string]string{}
	for _, field := range s.Fields.List {
		for _, name := range field.Names {
			comments[name.Name] = field.Doc.Text()
		}
	}
	return comments
}

var (
	// opening is how a comment of a field begins behind the field's name.
	opening = regexp.MustCompile(`^(is|are|says) `)
	// inner is a name with a capital letter inside, which is no word of a sentence.
	inner = regexp.MustCompile(`[a-z][A-Z]`)
)

// describe turns the comment of a field into a sentence for people who see keys:
// without the field's name, and with keys in the place of other fields' names.
func describe(field, comment string, keys map[string]string) string {
	text := strings.Join(strings.Fields(comment), " ")
	text = opening.ReplaceAllString(strings.TrimPrefix(text, field+" "), "")
	for other, key := range keys {
		if inner.MatchString(other) {
			text = regexp.MustCompile(`\b`+other+`\b`).ReplaceAllLiteralString(text, key)
		} else {
			// A single word may begin a sentence, where it would be just that.
			text = regexp.MustCompile(`([a-z,] )`+other+`\b`).ReplaceAllString(text, "${1}"+key)
		}
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
