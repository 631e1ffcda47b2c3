package files

import (
	"os"
	"path/filepath"
	"strings"

	"drydock/agent/internal/inotify"
	"drydock/agent/internal/mux"
	"drydock/agent/internal/wire"

	"golang.org/x/sys/unix"
)

// Event mirrors FileEvent of engine/api/agent.ts.
type Event struct {
	Kind        string `json:"kind"`
	Path        string `json:"path"`
	IsDirectory bool   `json:"isDirectory"`
}

type watchRequest struct {
	Path string `json:"path"`
	// Ignore holds names, such as `node_modules`, or patterns of filepath.Match, of entries left out
	Ignore []string `json:"ignore"`
}

const watchMask = unix.IN_CREATE | unix.IN_CLOSE_WRITE | unix.IN_MODIFY | unix.IN_ATTRIB | unix.IN_DELETE |
	unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_ONLYDIR | unix.IN_DONT_FOLLOW | unix.IN_EXCL_UNLINK

// watch reports changes below a directory until the host leaves.
func watch(stream *mux.Stream, request watchRequest) error {
	if err := absolute(request.Path); err != nil {
		return err
	}
	notify, err := inotify.New()
	if err != nil {
		return err
	}
	defer notify.Close()
	tree := &watchedTree{
		root: filepath.Clean(request.Path), ignore: request.Ignore, notify: notify,
		directories: make(map[int]string), names: make(map[string]map[string]bool),
	}
	if err := tree.add(tree.root, nil); err != nil {
		return err
	}
	if err := stream.Reply(struct{}{}); err != nil {
		return err
	}
	gone := stream.Gone()
	go func() {
		<-gone
		notify.Close()
	}()
	for {
		raw, err := notify.Read()
		if err != nil {
			return nil
		}
		var out []byte
		for _, event := range tree.translate(raw) {
			if out, err = wire.AppendMessage(out, event); err != nil {
				return err
			}
		}
		if _, err := stream.Write(out); err != nil {
			return err
		}
	}
}

// watchedTree knows the directories under watch and what each holds, so that it can tell a
// file that replaces another from a new one.
type watchedTree struct {
	root        string
	ignore      []string
	notify      *inotify.Queue
	directories map[int]string
	names       map[string]map[string]bool
}

// add watches a directory and those below it. report, unless nil, is told what they hold.
func (t *watchedTree) add(path string, report func(Event)) error {
	watch, err := t.notify.Add(path, watchMask)
	if err != nil {
		return err
	}
	t.directories[watch] = path
	names := make(map[string]bool)
	t.names[path] = names
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if t.ignored(entry.Name()) {
			continue
		}
		names[entry.Name()] = true
		child := filepath.Join(path, entry.Name())
		if report != nil {
			report(Event{"created", child, entry.IsDir()})
		}
		if entry.IsDir() {
			// What vanishes in the meantime is reported by its parent's watch.
			_ = t.add(child, report)
		}
	}
	return nil
}

func (t *watchedTree) ignored(name string) bool {
	if strings.HasPrefix(name, temporaryPrefix) {
		return true
	}
	for _, pattern := range t.ignore {
		if matched, _ := filepath.Match(pattern, name); matched {
			return true
		}
	}
	return false
}

// translate merges repeated changes of one file within a reading of the queue.
func (t *watchedTree) translate(raw []inotify.Event) []Event {
	var events []Event
	report := func(event Event) {
		if n := len(events); event.Kind == "changed" && n > 0 && events[n-1].Path == event.Path && events[n-1].Kind != "removed" {
			return
		}
		events = append(events, event)
	}
	for _, event := range raw {
		if event.Mask&unix.IN_Q_OVERFLOW != 0 {
			report(Event{"overflow", t.root, true})
			continue
		}
		directory, known := t.directories[event.Watch]
		if event.Mask&unix.IN_IGNORED != 0 {
			delete(t.directories, event.Watch)
			continue
		}
		if !known || event.Name == "" || t.ignored(event.Name) {
			continue
		}
		t.translateOne(event, directory, report)
	}
	return events
}

func (t *watchedTree) translateOne(event inotify.Event, directory string, report func(Event)) {
	path := filepath.Join(directory, event.Name)
	isDirectory := event.Mask&unix.IN_ISDIR != 0
	names := t.names[directory]
	existed := names[event.Name]
	switch {
	case event.Mask&(unix.IN_DELETE|unix.IN_MOVED_FROM) != 0:
		delete(names, event.Name)
		if isDirectory {
			t.forget(path)
		}
		if existed {
			report(Event{"removed", path, isDirectory})
		}
	case event.Mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
		names[event.Name] = true
		if isDirectory {
			if existed {
				return
			}
			report(Event{"created", path, true})
			_ = t.add(path, report)
			return
		}
		if existed {
			report(Event{"changed", path, false})
		} else {
			report(Event{"created", path, false})
		}
	default:
		report(Event{"changed", path, isDirectory})
	}
}

// forget drops the watches of a directory that moved away, and of those below it.
func (t *watchedTree) forget(path string) {
	for watch, directory := range t.directories {
		if directory == path || strings.HasPrefix(directory, path+"/") {
			t.notify.Remove(watch)
			delete(t.directories, watch)
			delete(t.names, directory)
		}
	}
}
