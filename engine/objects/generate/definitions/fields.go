//go:build definitions

package main

import (
	"encoding/json"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/util"
)

// goFields tells for each definition how Go reads and prints the fields of its struct, which
// OpenAPI leaves out: their order, which are pointers, what is omitted when empty, and the name
// of the type for messages. Each field is `name flags type`, fields are joined with `;`. Flags:
//
//	p pointer   o omitempty   z omitzero
//	s struct   m map   l slice   b bytes   t string   i integer   n float   f bool   c a JSON form of its own
func goFields(schemes ...*runtime.Scheme) map[string]string {
	result := map[string]string{}
	for _, scheme := range schemes {
		for _, kind := range scheme.AllKnownTypes() {
			collect(kind, result)
		}
	}
	return result
}

func collect(kind reflect.Type, result map[string]string) {
	switch kind.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collect(kind.Elem(), result)
		return
	case reflect.Struct:
	default:
		return
	}
	named, ok := reflect.New(kind).Interface().(util.OpenAPIModelNamer)
	if !ok {
		return
	}
	name := named.OpenAPIModelName()
	if _, seen := result[name]; seen {
		return
	}
	result[name] = ""
	if !marshalsItself(kind) {
		result[name] = strings.Join(fieldsOf(kind, result), ";")
	}
}

func fieldsOf(kind reflect.Type, result map[string]string) []string {
	fields := []string{}
	for i := range kind.NumField() {
		field := kind.Field(i)
		tag := strings.Split(field.Tag.Get("json"), ",")
		if field.Anonymous && tag[0] == "" {
			fields = append(fields, fieldsOf(field.Type, result)...)
			continue
		}
		if tag[0] == "" || tag[0] == "-" {
			continue
		}
		collect(field.Type, result)
		flags := ""
		of := field.Type
		if of.Kind() == reflect.Pointer {
			flags, of = "p", of.Elem()
		}
		for _, option := range tag[1:] {
			switch option {
			case "omitempty":
				flags += "o"
			case "omitzero":
				flags += "z"
			}
		}
		fields = append(fields, tag[0]+" "+flags+shape(of)+" "+of.String())
	}
	return fields
}

func shape(kind reflect.Type) string {
	if marshalsItself(kind) {
		return "c"
	}
	switch kind.Kind() {
	case reflect.Struct:
		return "s"
	case reflect.Map:
		return "m"
	case reflect.Slice:
		if kind.Elem().Kind() == reflect.Uint8 {
			return "b"
		}
		return "l"
	case reflect.String:
		return "t"
	case reflect.Bool:
		return "f"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "i"
	case reflect.Float64:
		return "n"
	default:
		panic("no flag for " + kind.String())
	}
}

func marshalsItself(kind reflect.Type) bool {
	_, ok := reflect.New(kind).Interface().(json.Marshaler)
	return ok
}
