// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/word_lists.h"

#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "services/seeder/row_digest.h"

namespace storefront::seeder {
namespace {

struct LocaleText {
  const char* code;
  const char* country;
  const char* mail_domain;
  bool number_first;
  const char* given_names;  // words apart by white space; ~ is a space within one
  const char* family_names;
  const char* streets;
  const char* towns;
};

// The order is part of the generator's version.
constexpr LocaleText kLocales[] = {
#include "services/seeder/words/de_DE.inc"
#include "services/seeder/words/en_GB.inc"
#include "services/seeder/words/en_US.inc"
#include "services/seeder/words/es_ES.inc"
#include "services/seeder/words/fr_FR.inc"
#include "services/seeder/words/it_IT.inc"
#include "services/seeder/words/ja_JP.inc"
#include "services/seeder/words/nl_NL.inc"
#include "services/seeder/words/pl_PL.inc"
#include "services/seeder/words/sv_SE.inc"
};

struct CategoryText {
  const char* category;
  const char* nouns;
  int cents_min, cents_max;
};
constexpr CategoryText kCategories[] = {
#include "services/seeder/words/products.inc"
};

std::vector<std::string> Split(const char* text) {
  std::vector<std::string> words;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    words.push_back(absl::StrReplaceAll(word, {{"~", " "}}));
  }
  return words;
}

std::vector<Name> SplitNames(const char* text) {
  std::vector<Name> names;
  for (const std::string& word : Split(text)) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(word, absl::MaxSplits('=', 1));
    names.push_back({parts.first, parts.second.empty() ? MailName(word) : parts.second});
  }
  return names;
}

WordLists Make() {
  WordLists lists;
  DigestSum all;
  for (const LocaleText& text : kLocales) {
    lists.locales.push_back({.code = text.code,
                             .country = text.country,
                             .mail_domain = text.mail_domain,
                             .number_first = text.number_first,
                             .given_names = SplitNames(text.given_names),
                             .family_names = SplitNames(text.family_names),
                             .streets = Split(text.streets),
                             .towns = Split(text.towns)});
    for (const char* part :
         {text.code, text.country, text.given_names, text.family_names, text.streets, text.towns}) {
      all.Add(part);
    }
  }
  for (const CategoryText& text : kCategories) {
    lists.products.push_back({.category = text.category,
                              .nouns = Split(text.nouns),
                              .cents_min = text.cents_min,
                              .cents_max = text.cents_max});
    all.Add(text.nouns);
  }
  lists.adjectives = Split(
      "Classic Compact Cosy Daily Deluxe Durable Elegant Everyday Fine Folding Handmade Heavy "
      "Light Little Modern Natural Outdoor Plain Portable Quiet Robust Simple Slim Smart Soft "
      "Solid Sturdy Timeless Travel Urban Vintage Warm");
  lists.materials = Split(
      "Aluminium Bamboo Brass Canvas Ceramic Copper Cork Cotton Denim Felt Glass Leather Linen "
      "Marble Oak Paper Rattan Silk Steel Stone Velvet Walnut Wicker Wool");
  lists.payment_methods =
      Split("card card card bank_transfer paypal paypal apple_pay google_pay invoice gift_card");
  for (const auto* words : {&lists.adjectives, &lists.materials, &lists.payment_methods}) {
    for (const std::string& word : *words) all.Add(word);
  }
  lists.digest = all.Hex();
  return lists;
}

}  // namespace

std::string MailName(absl::string_view shown) {
  using Letter = std::pair<absl::string_view, absl::string_view>;
  static const auto* const letters = new std::vector<Letter>{
      {"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}, {"ß", "ss"}, {"Ä", "ae"}, {"Ö", "oe"}, {"Ü", "ue"},
      {"å", "a"},  {"Å", "a"},  {"à", "a"},  {"á", "a"},  {"â", "a"},  {"Á", "a"},  {"ą", "a"},
      {"è", "e"},  {"é", "e"},  {"ê", "e"},  {"ë", "e"},  {"É", "e"},  {"ę", "e"},  {"ì", "i"},
      {"í", "i"},  {"î", "i"},  {"ï", "i"},  {"Í", "i"},  {"ò", "o"},  {"ó", "o"},  {"ô", "o"},
      {"ù", "u"},  {"ú", "u"},  {"û", "u"},  {"ç", "c"},  {"ć", "c"},  {"ñ", "n"},  {"ń", "n"},
      {"ł", "l"},  {"Ł", "l"},  {"ś", "s"},  {"ź", "z"},  {"ż", "z"},
  };
  std::string ascii(shown);
  absl::StrReplaceAll(*letters, &ascii);
  std::string mail;
  for (const char c : absl::AsciiStrToLower(ascii)) {
    if (absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '-') mail.push_back(c);
  }
  return mail;
}

const WordLists& Words() {
  static const WordLists* const lists = new WordLists(Make());
  return *lists;
}

}  // namespace storefront::seeder
