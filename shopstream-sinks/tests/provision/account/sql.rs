//! Tokens of a statement, by Snowflake's documented rules, and a cursor over them.

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// Without quotes: folded.
    Word(String),
    /// In double quotes: as it is.
    Quoted(String),
    /// In single quotes.
    Text(String),
    /// Anything else.
    Sign(char),
}

/// A statement that is being read.
pub(super) struct Sql {
    tokens: Vec<Token>,
    at: usize,
}

impl Sql {
    pub(super) fn new(sql: &str) -> Self {
        let mut chars = sql.chars().peekable();
        let mut tokens = vec![];
        while let Some(c) = chars.next() {
            tokens.push(match c {
                c if c.is_whitespace() => continue,
                '"' => {
                    let mut name = String::new();
                    loop {
                        match chars.next().expect("a name has an end") {
                            '"' if chars.peek() == Some(&'"') => name.extend(chars.next()),
                            '"' => break Token::Quoted(name),
                            c => name.push(c),
                        }
                    }
                }
                '\'' => {
                    let mut text = String::new();
                    loop {
                        match chars.next().expect("a text has an end") {
                            '\'' if chars.peek() == Some(&'\'') => text.extend(chars.next()),
                            '\'' => break Token::Text(text),
                            '\\' => text.push(match chars.next().unwrap() {
                                'n' => '\n',
                                'r' => '\r',
                                't' => '\t',
                                '0' => '\0',
                                c => c,
                            }),
                            c => text.push(c),
                        }
                    }
                }
                c if c.is_ascii_alphanumeric() || c == '_' => {
                    let mut word = c.to_string();
                    while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$')) {
                        word.push(c);
                    }
                    Token::Word(word.to_uppercase())
                }
                c => Token::Sign(c),
            });
        }
        assert!(!tokens.contains(&Token::Sign(';')), "one statement: {sql}");
        Self { tokens, at: 0 }
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    pub(super) fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Takes these words, or none of them.
    pub(super) fn take(&mut self, words: &str) -> bool {
        let wanted: Vec<Token> = words.split(' ').map(|w| Token::Word(w.to_owned())).collect();
        let there = self.tokens[self.at.min(self.tokens.len())..].starts_with(&wanted);
        self.at += if there { wanted.len() } else { 0 };
        there
    }

    pub(super) fn take_sign(&mut self, sign: char) -> bool {
        let there = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(there);
        there
    }

    pub(super) fn expect(&mut self, words: &str) {
        assert!(self.take(words), "{words} at {:?}", self.tokens.get(self.at));
    }

    pub(super) fn expect_sign(&mut self, sign: char) {
        assert!(self.take_sign(sign), "{sign} at {:?}", self.tokens.get(self.at));
    }

    pub(super) fn text(&mut self) -> String {
        match self.next() {
            Some(Token::Text(text)) => text,
            other => panic!("a text, not {other:?}"),
        }
    }

    pub(super) fn word(&mut self) -> String {
        match self.next() {
            Some(Token::Word(word)) => word,
            other => panic!("a word, not {other:?}"),
        }
    }

    /// An identifier.
    pub(super) fn ident(&mut self) -> String {
        match self.next() {
            Some(Token::Word(name) | Token::Quoted(name)) => name,
            other => panic!("a name, not {other:?}"),
        }
    }

    /// A qualified name.
    pub(super) fn path(&mut self) -> Vec<String> {
        let mut path = vec![self.ident()];
        while self.take_sign('.') {
            path.push(self.ident());
        }
        path
    }

    /// A type such as `NUMBER(10,2)`, as Snowflake shows it.
    pub(super) fn data_type(&mut self) -> String {
        let name = self.word();
        let mut arguments = vec![];
        if self.take_sign('(') {
            arguments.push(self.word());
            while self.take_sign(',') {
                arguments.push(self.word());
            }
            self.expect_sign(')');
        }
        match (name.as_str(), arguments.is_empty()) {
            ("VARCHAR", true) => "VARCHAR(16777216)".to_owned(),
            (_, true) => name,
            _ => format!("{name}({})", arguments.join(",")),
        }
    }

    /// The value of a setting, and whether it is a text.
    pub(super) fn value(&mut self) -> (String, bool) {
        if self.take_sign('(') {
            let mut texts = vec![];
            while !self.take_sign(')') {
                texts.push(self.text());
                self.take_sign(',');
            }
            return (texts.join(","), true);
        }
        match self.next() {
            Some(Token::Text(text)) => (text, true),
            Some(Token::Word(word) | Token::Quoted(word)) => (word, false),
            other => panic!("a value, not {other:?}"),
        }
    }
}
