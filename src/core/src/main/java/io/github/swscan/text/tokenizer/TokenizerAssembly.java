package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.text.tokenizer.SentencePieceModel.Kind;
import io.github.swscan.text.tokenizer.SentencePieceModel.Piece;
import io.github.swscan.text.tokenizer.SentencePieceModel.PieceType;
import io.github.swscan.text.tokenizer.TokenizerDescription.Numbered;
import io.github.swscan.text.tokenizer.Vocabulary.ScoredToken;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Puts a tokenizer together: its class, what the files beside the vocabulary say, and the vocabulary.
 *
 * @param file with the vocabulary, for messages
 * @param sources what the files beside it say
 */
record TokenizerAssembly(Path file, TokenizerClass type, SpecialTokens.Sources sources) {

    private static final String DOWNLOAD = "download the file again";
    private static final String OTHER_MODEL = "is it another model's file?";

    /** Tokens that are made by joining others. */
    TokenizerDescription withMerges(Map<String, Integer> ids, List<Merge> merges) {
        return described(ids, all -> new Vocabulary.Merged(all, merges), specialTokens(Map.of(), List.of()), Map.of());
    }

    /** Tokens that are cut out of words; those for what is unknown, and around a text, are among them. */
    TokenizerDescription withWords(Map<String, Integer> ids) {
        SpecialTokens special = specialTokens(Map.of(), List.of());
        Set<String> declared =
                special.declared().values().stream().map(AddedToken::content).collect(Collectors.toSet());
        Stream.concat(Stream.of("unk_token"), type.template().stream())
                .flatMap(part -> special.part(part).stream())
                .filter(token -> !ids.containsKey(token) && !declared.contains(token))
                .findFirst()
                .ifPresent(token -> {
                    throw malformed("", "lacks the token " + PrintableText.quoted(token), OTHER_MODEL);
                });
        return described(ids, Vocabulary.Words::new, special, Map.of());
    }

    /** Special tokens are found in a text, as in the tokenizer.json files of the same models. */
    TokenizerDescription with(TekkenFile tekken) {
        Map<String, Integer> ids = new LinkedHashMap<>(tekken.ids());
        List<AddedToken> special = new ArrayList<>();
        for (String token : tekken.specialTokens()) {
            ids.put(token, special.size());
            special.add(AddedToken.special(token));
        }
        List<Merge> merges = ByteTokens.merges(file, tekken.ids());
        return described(
                ids,
                all -> new Vocabulary.Merged(all, merges),
                specialTokens(Map.of(), special),
                Map.of("pattern", TextNode.valueOf(tekken.pattern())));
    }

    TokenizerDescription with(SentencePieceModel model) {
        if (model.kind() != Kind.BPE && model.kind() != Kind.UNIGRAM) {
            throw unsupported("trainer_spec.model_type", "is " + model.kind() + ", which is not supported");
        }
        if (model.spaceBehind()) {
            throw unsupported("trainer_spec.treat_whitespace_as_suffix", "is not supported");
        }
        boolean scored = model.kind() == Kind.UNIGRAM;
        boolean isItsModel = type.takesAnyModel() || type.goesByScores() == scored;
        TokenizerClass frame = isItsModel
                ? type
                : TokenizerClass.named(TokenizerClass.GENERAL, TokenizerClass.Files.SENTENCE_PIECE)
                        .orElseThrow();
        return new Pieces(model, frame).described();
    }

    private UnsupportedInputException unsupported(String field, String problem) {
        return new UnsupportedInputException(file, field, problem, TokenizerFolder.REMEDY);
    }

    private MalformedInputException malformed(String field, String problem, String remedy) {
        return new MalformedInputException(file, field, problem, remedy);
    }

    private SpecialTokens specialTokens(Map<String, JsonNode> defaults, Collection<AddedToken> further) {
        Map<String, JsonNode> tokens = new HashMap<>(defaults);
        tokens.putAll(type.tokens());
        List<AddedToken> all = new ArrayList<>();
        type.extraTokens().forEach(token -> all.add(AddedToken.special(token)));
        type.tokenIds().properties().forEach(token -> all.add(AddedToken.special(token.getKey())));
        all.addAll(further);
        return SpecialTokens.read(sources, tokens, all);
    }

    private TokenizerDescription described(
            Map<String, Integer> vocabulary,
            Function<Map<String, Integer>, Vocabulary> kind,
            SpecialTokens special,
            Map<String, JsonNode> facts) {
        Map<String, Integer> ids = new LinkedHashMap<>(vocabulary);
        special.declared().forEach((id, token) -> ids.putIfAbsent(token.content(), id));
        type.tokenIds()
                .properties()
                .forEach(token ->
                        ids.putIfAbsent(token.getKey(), token.getValue().intValue()));
        number(special.all(), ids);
        return described(type, kind.apply(ids), ids::get, special, settings(type, special, facts));
    }

    /** Tokens without an id get those behind all others. */
    private static void number(List<AddedToken> tokens, Map<String, Integer> ids) {
        int next = 1 + ids.values().stream().max(Comparator.naturalOrder()).orElse(-1);
        for (AddedToken token : tokens) {
            if (ids.putIfAbsent(token.content(), next) == null) {
                next++;
            }
        }
    }

    private TokenizerDescription described(
            TokenizerClass frame,
            Vocabulary vocabulary,
            Function<String, Integer> ids,
            SpecialTokens special,
            Map<String, JsonNode> settings) {
        Function<AddedToken, Numbered> numbered = token -> new Numbered(ids.apply(token.content()), token);
        List<Numbered> added = special.all().stream()
                .map(numbered)
                .sorted(Comparator.comparingInt(Numbered::id))
                .toList();
        List<String> template = type.template().isEmpty() ? templateOf(settings) : type.template();
        int text = template.indexOf("A");
        Function<String, Numbered> part = name -> numbered.apply(AddedToken.special(special.part(name)
                .orElseThrow(() -> new MalformedInputException(
                        sources.config().file(), name, "is missing, but texts begin or end with it", ""))));
        return new TokenizerDescription(
                added,
                frame.normalizer(settings),
                frame.preTokenizer(settings),
                frame.decoder(settings),
                template.subList(0, text).stream().map(part).toList(),
                template.subList(text + 1, template.size()).stream().map(part).toList(),
                frame.model(settings),
                vocabulary);
    }

    private static List<String> templateOf(Map<String, JsonNode> settings) {
        return Stream.of("bos_token", "A", "eos_token")
                .filter(part -> part.equals("A")
                        || (settings.containsKey(part)
                                && settings.getOrDefault("add_" + part, BooleanNode.FALSE)
                                        .booleanValue()))
                .toList();
    }

    /** The class's own, those that the configuration gives in their place, the parts of special tokens, and facts. */
    private Map<String, JsonNode> settings(TokenizerClass frame, SpecialTokens special, Map<String, JsonNode> facts) {
        JsonNode config = sources.config().content();
        Map<String, JsonNode> settings = new HashMap<>();
        frame.settings().properties().forEach(setting -> settings.put(setting.getKey(), setting.getValue()));
        Stream.concat(settings.keySet().stream(), Stream.of("add_bos_token", "add_eos_token"))
                .distinct()
                .filter(name -> config.hasNonNull(name))
                .toList()
                .forEach(name ->
                        settings.put(name, checked(name, frame.settings().path(name))));
        settings.put("prepend_scheme", TextNode.valueOf(prependScheme(settings)));
        special.parts().forEach((part, token) -> settings.put(part, TextNode.valueOf(token)));
        settings.putAll(facts);
        return settings;
    }

    /** What the configuration says of a setting that is a number, or else a switch. */
    private JsonNode checked(String name, JsonNode byDefault) {
        JsonNode given = sources.config().content().get(name);
        boolean isNumber = byDefault.isInt();
        if (isNumber ? !given.isInt() : !given.isBoolean()) {
            throw new MalformedInputException(
                    sources.config().file(), name, "is not " + (isNumber ? "a whole number" : "true or false"), "");
        }
        return given;
    }

    private static String prependScheme(Map<String, JsonNode> settings) {
        if (!settings.getOrDefault("add_prefix_space", BooleanNode.TRUE).booleanValue()) {
            return "never";
        }
        return settings.getOrDefault("legacy", BooleanNode.TRUE).booleanValue() ? "always" : "first";
    }

    /** The pieces of SentencePiece, numbered as the class does. */
    private final class Pieces {

        private final SentencePieceModel model;
        private final TokenizerClass frame;
        private final SpecialTokens special;

        private Pieces(SentencePieceModel model, TokenizerClass frame) {
            this.model = model;
            this.frame = frame;
            this.special = special();
        }

        private SpecialTokens special() {
            SentencePieceModel.Trainer trainer = model.trainer();
            Map<String, JsonNode> defaults = new HashMap<>();
            if (frame.takesAnyModel()) {
                putIf(trainer.bosId() >= 0, defaults, "bos_token", trainer.bos());
                putIf(trainer.eosId() >= 0, defaults, "eos_token", trainer.eos());
                putIf(trainer.unknownId() >= 0, defaults, "unk_token", trainer.unknown());
            }
            List<AddedToken> further = new ArrayList<>();
            for (Piece piece : model.pieces()) {
                boolean isWhole = piece.type() == PieceType.USER_DEFINED && !frame.takesAnyModel();
                if (piece.type() == PieceType.CONTROL || isWhole) {
                    further.add(AddedToken.of(piece.text(), piece.type() == PieceType.CONTROL));
                }
            }
            extraIds().forEach(token -> further.add(AddedToken.special(token)));
            return specialTokens(defaults, further);
        }

        private static void putIf(boolean used, Map<String, JsonNode> tokens, String part, String token) {
            if (used && !token.isEmpty()) {
                tokens.put(part, TextNode.valueOf(token));
            }
        }

        /** Tokens of T5 that stand for parts of a text, the last one first. */
        private List<String> extraIds() {
            List<String> tokens = new ArrayList<>();
            if (type.vocabulary().path("extraIds").booleanValue()) {
                JsonNode byDefault = type.settings().get("extra_ids");
                int count = (sources.config().content().hasNonNull("extra_ids")
                                ? checked("extra_ids", byDefault)
                                : byDefault)
                        .intValue();
                if (count < 0 || count > 10_000) {
                    throw new MalformedInputException(sources.config().file(), "extra_ids", "is " + count, "");
                }
                for (int id = count - 1; id >= 0; id--) {
                    tokens.add("<extra_id_" + id + ">");
                }
            }
            return tokens;
        }

        private TokenizerDescription described() {
            List<ScoredToken> tokens = tokens();
            Map<String, Integer> ids = new LinkedHashMap<>();
            for (int id = 0; id < tokens.size(); id++) {
                ids.put(tokens.get(id).text(), id);
            }
            special.declared().forEach((id, token) -> rename(tokens, ids, id, token.content()));
            number(special.all(), ids);
            Map<String, JsonNode> settings = settings(frame, special, facts(tokens));
            Vocabulary vocabulary = model.kind() == Kind.UNIGRAM
                    ? new Vocabulary.Scored(tokens)
                    : new Vocabulary.Merged(ids, merges(tokens));
            return TokenizerAssembly.this.described(frame, vocabulary, ids::get, asTheyAre(), settings);
        }

        private List<ScoredToken> tokens() {
            JsonNode arrangement = type.vocabulary();
            List<ScoredToken> tokens = new ArrayList<>();
            arrangement.path("before").forEach(token -> tokens.add(scored(token)));
            int skipped = arrangement.path("skip").intValue();
            if (skipped > model.pieces().size()) {
                throw malformed("pieces", "has fewer than " + skipped + " entries", OTHER_MODEL);
            }
            model.pieces().stream()
                    .skip(skipped)
                    .map(piece -> new ScoredToken(piece.text(), piece.score()))
                    .forEach(tokens::add);
            extraIds().forEach(token -> tokens.add(new ScoredToken(token, 0)));
            arrangement.path("after").forEach(token -> tokens.add(scored(token)));
            return tokens;
        }

        /** A token by its part, or as it is. */
        private ScoredToken scored(JsonNode token) {
            String text = special.part(token.textValue()).orElse(token.textValue());
            return new ScoredToken(text, text.equals("<unk>NOTUSED") ? -100 : 0);
        }

        /** Some models use pieces that were left free: a token's id counts, not the piece's text. */
        private void rename(List<ScoredToken> tokens, Map<String, Integer> ids, int id, String text) {
            if (ids.containsKey(text)) {
                return;
            }
            if (id < tokens.size()) {
                ids.remove(tokens.get(id).text(), id);
                tokens.set(id, new ScoredToken(text, tokens.get(id).score()));
            } else if (id > ids.size() && model.kind() == Kind.UNIGRAM) {
                throw new MalformedInputException(
                        sources.config().file(),
                        "added_tokens_decoder." + id,
                        "is said of a vocabulary that ends before it, with " + ids.size() + " tokens",
                        OTHER_MODEL);
            }
            ids.put(text, id);
        }

        /**
         * Classes join tokens in the order of their ids, whatever they are; without one it is the scores that count, and
         * only of pieces for plain text.
         */
        private List<Merge> merges(List<ScoredToken> tokens) {
            Map<String, Double> scores = new LinkedHashMap<>();
            for (int id = 0; id < tokens.size(); id++) {
                boolean plain =
                        id < model.pieces().size() && model.pieces().get(id).type() == PieceType.NORMAL;
                if (plain || !frame.takesAnyModel()) {
                    scores.put(
                            tokens.get(id).text(),
                            frame.takesAnyModel() ? tokens.get(id).score() : -(double) id);
                }
            }
            try {
                return ScoredMerges.of(scores);
            } catch (IllegalArgumentException tooMuch) {
                throw malformed("pieces", tooMuch.getMessage(), DOWNLOAD);
            }
        }

        private Map<String, JsonNode> facts(List<ScoredToken> tokens) {
            SentencePieceModel.Spaces spaces = model.spaces();
            JsonNode arranged = type.vocabulary().path("unknown");
            int unknown =
                    arranged.isInt() ? arranged.intValue() : model.trainer().unknownId();
            if (model.kind() == Kind.UNIGRAM && (unknown < 0 || unknown >= tokens.size())) {
                throw malformed("trainer_spec.unk_id", "is " + unknown + " of " + tokens.size() + " tokens", DOWNLOAD);
            }
            String wholePieces = IntStream.range(0, Math.min(model.pieces().size(), tokens.size()))
                    .filter(id -> model.pieces().get(id).type() == PieceType.USER_DEFINED)
                    .mapToObj(id -> tokens.get(id).text())
                    .sorted(Comparator.comparingInt(String::length).reversed())
                    .map(Pieces::literal)
                    .collect(Collectors.joining("|"));
            Map<String, JsonNode> facts = new HashMap<>();
            facts.put("model_type", TextNode.valueOf(model.kind() == Kind.UNIGRAM ? "Unigram" : "BPE"));
            facts.put("charsmap", TextNode.valueOf(model.charsmap()));
            facts.put("unk_id", IntNode.valueOf(unknown));
            facts.put("unknown_piece", TextNode.valueOf(model.trainer().unknown()));
            facts.put("byte_fallback", BooleanNode.valueOf(model.trainer().byteFallback()));
            facts.put("add_dummy_prefix", BooleanNode.valueOf(spaces.dummyPrefix()));
            facts.put("remove_extra_whitespaces", BooleanNode.valueOf(spaces.removeExtra()));
            facts.put("escape_whitespaces", BooleanNode.valueOf(spaces.escape()));
            facts.put("user_defined", TextNode.valueOf(wholePieces));
            facts.put("has_user_defined", BooleanNode.valueOf(!wholePieces.isEmpty()));
            return facts;
        }

        /** As a regular expression that finds nothing else. */
        private static String literal(String text) {
            return text.replaceAll("[\\\\.*+?^$|(){}\\[\\]\\-&~#\\s]", "\\\\$0");
        }

        /** Where a space is put before a text, it is before all parts of it between tokens that were declared. */
        private SpecialTokens asTheyAre() {
            if (!frame.takesAnyModel() || !model.spaces().dummyPrefix()) {
                return special;
            }
            return new SpecialTokens(
                    special.declared(),
                    special.parts(),
                    special.all().stream().map(AddedToken::asItIs).toList());
        }
    }
}
