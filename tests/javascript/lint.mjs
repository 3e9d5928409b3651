// ESLint over the JavaScript of the book: node lint.mjs <folder of node_modules> <file> ...
// Prints one line for each finding; exits with 1 if there is any.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { Linter } = require("eslint-linter-browserify");
const globals = require("globals");

const rules = Object.fromEntries(
  [
    "array-callback-return", "consistent-return", "constructor-super", "eqeqeq", "for-direction", "getter-return",
    "no-class-assign", "no-compare-neg-zero", "no-cond-assign", "no-const-assign", "no-constant-binary-expression",
    "no-constant-condition", "no-control-regex", "no-debugger", "no-delete-var", "no-dupe-args", "no-dupe-class-members",
    "no-dupe-else-if", "no-dupe-keys", "no-duplicate-case", "no-duplicate-imports", "no-empty", "no-empty-pattern",
    "no-eval", "no-ex-assign", "no-fallthrough", "no-func-assign", "no-global-assign", "no-implied-eval",
    "no-invalid-regexp", "no-irregular-whitespace", "no-loss-of-precision", "no-new-func", "no-new-native-nonconstructor",
    "no-obj-calls", "no-redeclare", "no-self-assign",
    "no-self-compare", "no-setter-return", "no-shadow", "no-sparse-arrays", "no-this-before-super", "no-throw-literal",
    "no-undef", "no-unexpected-multiline", "no-unmodified-loop-condition", "no-unreachable", "no-unsafe-finally",
    "no-unsafe-negation", "no-unsafe-optional-chaining", "no-unused-expressions", "no-unused-vars", "no-useless-assignment",
    "no-useless-catch", "no-useless-escape", "no-useless-return", "no-var", "object-shorthand", "prefer-const",
    "require-yield", "use-isnan", "valid-typeof",
  ].map((rule) => [rule, "error"]),
);

// What is there without being declared: in a page, in its worker, in its service worker, in Node.
function surroundings(file) {
  if (file.endsWith("/sw.js")) return globals.serviceworker;
  if (/\/(worker|files)\.js$/.test(file)) return globals.worker;
  if (file.endsWith(".mjs")) return globals.node;
  return globals.browser;
}

let findings = 0;
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const sourceType = /^(import|export) |import\.meta/m.test(text) ? "module" : "script";
  const config = { files: ["**/*"], languageOptions: { ecmaVersion: 2024, sourceType, globals: surroundings(file) }, rules };
  for (const { line, column, message, ruleId } of new Linter().verify(text, [config], { filename: file })) {
    console.log(`${file}:${line}:${column} ${message} (${ruleId})`);
    findings++;
  }
}
process.exitCode = findings ? 1 : 0;
