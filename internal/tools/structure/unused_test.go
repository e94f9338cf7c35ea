package structure

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// usage is what the whole repository does with the things that its packages declare.
type usage struct {
	outside map[types.Object]bool // named by another package, an external test package included
	read    map[string]bool       // fields whose value is taken somewhere, by their place
	keys    map[types.Type]bool   // structs that are compared as the keys of a map
}

// place names a field so that a package and its test variant agree.
func (p *program) place(v types.Object) string { return p.files.Position(v.Pos()).String() }

// note takes in what one package, or one group of test files, uses.
func (u *usage) note(p *program, c *checked) {
	for _, o := range c.info.Uses {
		if o.Pkg() == nil || !o.Pos().IsValid() {
			continue
		}
		if o.Pkg().Path() != c.types.Path() {
			u.outside[origin(o)] = true
		}
	}
	for _, tv := range c.info.Types {
		if m, ok := tv.Type.(*types.Map); ok {
			u.keys[m.Key()] = true
		}
	}
	for _, file := range c.files {
		written := map[*ast.Ident]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, to := range n.Lhs {
					if s, ok := to.(*ast.SelectorExpr); ok && n.Tok == token.ASSIGN {
						written[s.Sel] = true
					}
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok {
					written[key] = true
				}
			}
			return true
		})
		ast.Inspect(file, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || written[id] {
				return true
			}
			if v, ok := c.info.Uses[id].(*types.Var); ok && v.IsField() {
				u.read[p.place(origin(v))] = true
			}
			return true
		})
	}
}

// origin is the declared object behind one of a generic type that was given its arguments.
func origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Var:
		return o.Origin()
	case *types.Func:
		return o.Origin()
	}
	return o
}

// interfaces are those of all imported packages, and those of this repository.
func (p *program) interfaces() []*types.Interface {
	var all []*types.Interface
	seen := map[*types.Package]bool{}
	var visit func(pkg *types.Package)
	visit = func(pkg *types.Package) {
		if seen[pkg] {
			return
		}
		seen[pkg] = true
		for _, name := range pkg.Scope().Names() {
			named, ok := pkg.Scope().Lookup(name).(*types.TypeName)
			if !ok {
				continue
			}
			if i, ok := named.Type().Underlying().(*types.Interface); ok && i.NumMethods() > 0 {
				all = append(all, i)
			}
		}
		for _, imported := range pkg.Imports() {
			visit(imported)
		}
	}
	for _, c := range p.all {
		visit(c.types)
	}
	return append(all, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
}

// answers tells whether a method is there for an interface, whose callers are not seen.
func answers(m *types.Func, of *types.Named, all []*types.Interface) bool {
	for _, i := range all {
		if o, _, _ := types.LookupFieldOrMethod(i, false, m.Pkg(), m.Name()); o != nil && types.Implements(types.NewPointer(of), i) {
			return true
		}
	}
	// errors.Is, errors.As, encoding/json and fmt look for these by name.
	return strings.Contains(" Is As Unwrap MarshalJSON UnmarshalJSON Format GoString LogValue ", " "+m.Name()+" ")
}

// reach adds the types that the things used outside have in their signatures: their values are used
// there without being named.
func (u *usage) reach() {
	seen := map[types.Type]bool{}
	var visit func(t types.Type)
	visit = func(t types.Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		switch t := t.(type) {
		case *types.Named:
			u.outside[t.Obj()] = true
			if of, ok := t.Underlying().(*types.Struct); ok {
				visit(of)
			}
		case *types.Pointer:
			visit(t.Elem())
		case *types.Slice:
			visit(t.Elem())
		case *types.Map:
			visit(t.Key())
			visit(t.Elem())
		case *types.Struct:
			for f := range t.Fields() {
				if f.Exported() {
					visit(f.Type())
				}
			}
		case *types.Signature:
			visit(t.Params())
			visit(t.Results())
		case *types.Tuple:
			for v := range t.Variables() {
				visit(v.Type())
			}
		}
	}
	for o := range u.outside {
		visit(o.Type())
	}
}

// compared tells whether a field belongs to a struct that is the key of a map.
func (u *usage) compared(field *types.Var) bool {
	for key := range u.keys {
		if s, ok := key.Underlying().(*types.Struct); ok {
			for f := range s.Fields() {
				if f == field {
					return true
				}
			}
		}
	}
	return false
}

// Everything that a package exports is used by another one, be it only by its tests, and every
// field of a struct is read.
func TestUnused_nothing(t *testing.T) {
	t.Parallel()
	u := &usage{outside: map[types.Object]bool{}, read: map[string]bool{}, keys: map[types.Type]bool{}}
	var tests []*checked
	p := load(t, func(test *checked) { tests = append(tests, test) })
	for _, c := range p.all {
		u.note(p, c)
	}
	for _, c := range tests {
		u.note(p, c)
	}
	u.reach()
	all := p.interfaces()
	for _, c := range p.all {
		for id, o := range c.info.Defs {
			if o == nil || id.Name == "_" {
				continue
			}
			at := p.files.Position(o.Pos())
			place := c.name() + "/" + filepath.Base(at.Filename)
			if v, ok := o.(*types.Var); ok && v.IsField() {
				encoded := v.Exported() && strings.HasPrefix(c.name(), "kecsim") // whose answers are written by reflection
				if !v.Embedded() && !u.read[p.place(v)] && !encoded && !tagged(c, v) && !u.compared(v) {
					t.Errorf("%s:%d: nobody reads the field %s", place, at.Line, v.Name())
				}
				continue
			}
			if c.types.Name() != "main" && o.Exported() && !u.outside[o] && !needed(c, o, u, all) {
				t.Errorf("%s:%d: nobody outside of the package uses %s", place, at.Line, o.Name())
			}
		}
	}
}

// needed tells whether something exported has a reason although nobody outside names it.
func needed(c *checked, o types.Object, u *usage, all []*types.Interface) bool {
	if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil {
		named := namedOf(f.Signature().Recv().Type())
		return named == nil || !named.Obj().Exported() || answers(f, named, all) || u.usedOnSibling(c, f)
	}
	if t, ok := o.(*types.TypeName); ok && ofFramework(namedOf(t.Type()), all) {
		return true
	}
	if o.Parent() != c.types.Scope() {
		return true
	}
	if k, ok := o.(*types.Const); ok { // one of an enumeration
		named := namedOf(k.Type())
		return named != nil && u.outside[named.Obj()]
	}
	return false
}

// usedOnSibling tells whether another type of the package has a method of the same name that is
// used outside: the steps of the wizard have the same methods, and a resource calls them on all at
// once.
func (u *usage) usedOnSibling(c *checked, f *types.Func) bool {
	for o := range u.outside {
		if other, ok := o.(*types.Func); ok && other.Pkg() == c.types && other.Name() == f.Name() && other.Signature().Recv() != nil {
			return true
		}
	}
	return false
}

// ofFramework tells whether values of a type are used as a resource, a data source or a provider of
// the framework.
func ofFramework(named *types.Named, all []*types.Interface) bool {
	if named == nil {
		return false
	}
	for _, i := range all {
		if o, _, _ := types.LookupFieldOrMethod(i, false, nil, "Metadata"); o != nil && types.Implements(types.NewPointer(named), i) {
			return true
		}
	}
	return false
}

func namedOf(t types.Type) *types.Named {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, _ := t.(*types.Named)
	return named
}

// tagged tells whether a field is filled or read by its tag.
func tagged(c *checked, field *types.Var) bool {
	for _, file := range c.files {
		if field.Pos() < file.FileStart || field.Pos() > file.FileEnd {
			continue
		}
		found := false
		ast.Inspect(file, func(n ast.Node) bool {
			f, ok := n.(*ast.Field)
			if ok && f.Tag != nil && f.Pos() <= field.Pos() && field.Pos() < f.End() {
				found = reflect.StructTag(strings.Trim(f.Tag.Value, "`")) != ""
			}
			return !found
		})
		return found
	}
	return false
}
