//! Finds every path that a source file names, spelled from the crate's root.
//!
//! Knows Rust's modules and nothing of our layers.

use std::{collections::BTreeSet, path::Path};

use syn::visit::{self, Visit};

/// A path that a file names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reach {
    /// Its segments; `self` and `super` are resolved, so that our own begin with `crate`.
    pub(crate) path: Vec<String>,
    /// Whether it stands in code that is compiled for tests only.
    pub(crate) is_test: bool,
}

/// The module that a file is, from the crate's root: `["domain", "session", "rules"]`.
pub(crate) fn module_of(file: &Path, source: &Path) -> Vec<String> {
    let file = file.strip_prefix(source).expect("it is under src").with_extension("");
    let mut names: Vec<String> =
        file.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    names.pop_if(|name| name == "mod");
    names
}

fn parse(text: &str, module: &[String]) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{module:?} does not parse: {error}"))
}

/// Every path that the file at `module` names.
pub(crate) fn reaches_in(text: &str, module: &[String], is_test: bool) -> BTreeSet<Reach> {
    let found = BTreeSet::new();
    let mut paths = Paths { module: module.to_vec(), is_test, found, test_modules: vec![] };
    paths.visit_file(&parse(text, module));
    paths.found
}

/// The modules that the file at `module` declares with `#[cfg(test)]`.
pub(crate) fn test_modules_in(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let found = BTreeSet::new();
    let mut paths = Paths { module: module.to_vec(), is_test: false, found, test_modules: vec![] };
    paths.visit_file(&parse(text, module));
    paths.test_modules
}

/// Collects paths from imports, types, expressions, attributes and the insides of macros.
struct Paths {
    module: Vec<String>,
    is_test: bool,
    found: BTreeSet<Reach>,
    test_modules: Vec<Vec<String>>,
}

impl Paths {
    fn add_use(&mut self, mut prefix: Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.add_use(prefix, &path.tree);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.add_use(prefix.clone(), tree));
            }
            syn::UseTree::Name(name) if name.ident == "self" => self.add(prefix),
            syn::UseTree::Name(name) => self.add_last(prefix, name.ident.to_string()),
            syn::UseTree::Rename(rename) => self.add_last(prefix, rename.ident.to_string()),
            syn::UseTree::Glob(_) => self.add_last(prefix, "*".to_owned()),
        }
    }

    fn add_last(&mut self, mut prefix: Vec<String>, last: String) {
        prefix.push(last);
        self.add(prefix);
    }

    fn add(&mut self, path: Vec<String>) {
        let path = self.resolve(path);
        self.found.insert(Reach { path, is_test: self.is_test });
    }

    fn resolve(&self, path: Vec<String>) -> Vec<String> {
        let is_relative = |it: &&String| *it == "self" || *it == "super";
        let steps = path.iter().take_while(is_relative).count();
        if steps == 0 || path == ["self"] {
            return path;
        }
        let supers = path[..steps].iter().filter(|it| *it == "super").count();
        let kept = self.module.len().saturating_sub(supers);
        let root = std::iter::once("crate".to_owned());
        root.chain(self.module[..kept].iter().cloned()).chain(path[steps..].to_vec()).collect()
    }

    /// Macro arguments are not parsed, so look in them for `name :: name`.
    fn add_tokens(&mut self, tokens: &impl ToString) {
        let text = tokens.to_string().replace("::", " :: ");
        let is_apart = |it: char| !(it.is_alphanumeric() || it == '_' || it == ':');
        let words: Vec<&str> = text.split(is_apart).filter(|word| !word.is_empty()).collect();
        let mut chain: Vec<String> = vec![];
        let mut expects_name = true;
        for word in words.into_iter().chain([""]) {
            if word == "::" {
                expects_name = true;
                continue;
            }
            if !expects_name {
                let whole = std::mem::take(&mut chain);
                if 1 < whole.len() {
                    self.add(whole);
                }
            }
            chain.push(word.to_owned());
            expects_name = false;
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|it| {
        it.path().is_ident("cfg")
            && it.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let was_test = self.is_test;
        self.is_test |= is_for_tests(&item.attrs);
        self.module.push(item.ident.to_string());
        if is_for_tests(&item.attrs) {
            self.test_modules.push(self.module.clone());
        }
        visit::visit_item_mod(self, item);
        self.module.pop();
        self.is_test = was_test;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(Vec::new(), &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.add(vec![item.ident.to_string()]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        // A single name is a variable or an import, even if a crate has that name too.
        if 1 < names.len() {
            self.add(names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.add_tokens(&item.tokens);
        visit::visit_macro(self, item);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.add_tokens(&list.tokens);
        visit::visit_meta_list(self, list);
    }
}
