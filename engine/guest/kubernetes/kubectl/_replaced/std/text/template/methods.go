package template

import "reflect"

// methodNamed finds a method that kubectl's own templates call. Upstream looks up any name, for which the
// linker has to keep every exported method of every type; it knows which to keep when the name is a constant.
func methodNamed(receiver reflect.Value, name string) reflect.Value {
	switch name {
	case "HasAvailableSubCommands":
		return receiver.MethodByName("HasAvailableSubCommands")
	case "HasExample":
		return receiver.MethodByName("HasExample")
	case "HasFlags":
		return receiver.MethodByName("HasFlags")
	case "HasInheritedFlags":
		return receiver.MethodByName("HasInheritedFlags")
	case "HasSubCommands":
		return receiver.MethodByName("HasSubCommands")
	case "InheritedFlags":
		return receiver.MethodByName("InheritedFlags")
	case "LocalFlags":
		return receiver.MethodByName("LocalFlags")
	case "NameAndAliases":
		return receiver.MethodByName("NameAndAliases")
	case "PersistentFlags":
		return receiver.MethodByName("PersistentFlags")
	case "Runnable":
		return receiver.MethodByName("Runnable")
	case "String":
		return receiver.MethodByName("String")
	case "UsageString":
		return receiver.MethodByName("UsageString")
	case "UseLine":
		return receiver.MethodByName("UseLine")
	}
	return reflect.Value{}
}
