-- SPDX-License-Identifier: Apache-2.0
create domain shop.email as text;
create domain shop.code as text
    not null
    check (value <> '');
alter domain shop.email add constraint has_at check (value like '%@%');
alter domain shop.email
    add check (value <> '') not valid;
alter domain shop.email set default 'x';
alter type shop.mood add value 'fine';
alter type shop.mood add value if not exists 'great' after 'fine';
alter type shop.mood
    add value 'bad';
alter type shop.mood rename value 'bad' to 'worse';
