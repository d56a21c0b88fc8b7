// Words that rows are made of, by locale. Written for this project.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::seeder {

struct Name {
  std::string shown;  // "Jürgen", "佐藤"
  std::string mail;   // "juergen", "sato": lower-case ASCII
};

struct Locale {
  std::string code;         // "de_DE"
  std::string country;      // in its own language
  std::string mail_domain;  // "de-de.example"
  bool number_first = false;
  std::vector<Name> given_names, family_names;
  std::vector<std::string> streets, towns;
};

struct ProductWords {
  std::string category;
  std::vector<std::string> nouns;
  int cents_min = 0, cents_max = 0;
};

struct WordLists {
  std::vector<Locale> locales;
  std::vector<ProductWords> products;
  std::vector<std::string> adjectives, materials;
  std::vector<std::string> payment_methods;
  std::string digest;  // XXH3-128 of all words, hexadecimal: part of the generator's version
};

// Made once; never destroyed.
const WordLists& Words();

// Lower-case ASCII for a name with Latin letters; what it cannot write is left out.
std::string MailName(absl::string_view shown);

}  // namespace storefront::seeder
