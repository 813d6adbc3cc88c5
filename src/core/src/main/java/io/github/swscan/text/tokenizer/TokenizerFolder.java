package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.Repository;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.text.tokenizer.TokenizerClass.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A tokenizer in other files than a tokenizer.json: those that the tokenizers of transformers, SentencePiece, tiktoken or
 * mistral-common read. It gives the tokens that transformers 5.24 gives for them, special tokens in the text included.
 */
public final class TokenizerFolder implements ConvertedTokenizer {

    /**
     * The model that the tokenizer is for.
     *
     * @param type the family's name
     * @param tokenizerClass empty if config.json names none
     * @param vocabularySize how many tokens it has room for
     */
    public record Model(String type, Optional<String> tokenizerClass, int vocabularySize) {}

    private static final String CONFIG = "tokenizer_config.json";
    private static final String CLASS = "tokenizer_class";
    static final String REMEDY = "put the model's tokenizer.json beside it, or give --token-ids FILE";

    /** SentencePiece's models and files of tiktoken, which share names. */
    private static final List<String> MODELS = List.of(
            "tokenizer.model",
            "spiece.model",
            "sentencepiece.bpe.model",
            "sentencepiece.model",
            "spm.model",
            "tiktoken.model");

    private static final Pattern TIKTOKEN = Pattern.compile(".+\\.tiktoken");

    /** What else holds vocabularies, or parts of them. */
    private static final Pattern OTHERS = Pattern.compile(
            "vocab\\.(json|txt|bpe)|merges\\.txt|encoder\\.json|bpe\\.codes|dict\\.txt|.+\\.(model|spm|tiktoken)"
                    + "|tokenizer\\.model\\.v\\d.*|tekken.*\\.json|vocab-(src|tgt)\\.json|rwkv_vocab.*\\.txt");

    /**
     * Models whose tokenizer has the class of their family, whatever a file says: {@code
     * MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS} of transformers.
     */
    private static final Set<String> CLASS_OF_FAMILY = Set.of("qwen2");

    private final Repository repository;
    private final UnaryOperator<ByteSource> watched;
    private final Model model;
    private final List<Path> files;

    private TokenizerFolder(Repository repository, UnaryOperator<ByteSource> watched, Model model, List<Path> files) {
        this.repository = repository;
        this.watched = watched;
        this.model = model;
        this.files = files;
    }

    /**
     * The tokenizer beside a model's weights, be it supported or not; empty if there is none. Where several are there, the
     * first of these counts: {@code tekken.json}; a model of SentencePiece or tiktoken; {@code vocab.json} with {@code
     * merges.txt}; {@code vocab.txt}; a {@code .tiktoken}.
     *
     * @param watched has a source looked at again when the model was read
     */
    public static Optional<TokenizerFolder> of(Repository repository, UnaryOperator<ByteSource> watched, Model model) {
        return Stream.of(
                        found(repository, "tekken.json"),
                        MODELS.stream()
                                .flatMap(name -> repository.find(name).stream())
                                .limit(1)
                                .toList(),
                        found(repository, "vocab.json", "merges.txt"),
                        found(repository, "vocab.txt"),
                        one(named(Stream.of(repository.names(), repository.folders()), TIKTOKEN)),
                        named(Stream.of(repository.names()), OTHERS))
                .filter(files -> !files.isEmpty())
                .findFirst()
                .map(files -> new TokenizerFolder(repository, watched, model, files));
    }

    /** All of these files, or none. */
    private static List<Path> found(Repository repository, String... names) {
        List<Path> found =
                Stream.of(names).flatMap(name -> repository.find(name).stream()).toList();
        return found.size() == names.length ? found : List.of();
    }

    private static List<Path> named(Stream<List<Path>> files, Pattern names) {
        return files.flatMap(List::stream)
                .filter(file -> names.matcher(name(file)).matches())
                .toList();
    }

    private static List<Path> one(List<Path> files) {
        return files.size() == 1 ? files : List.of();
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /** The files with the vocabulary. */
    public List<Path> files() {
        return files;
    }

    @Override
    public Path file() {
        return files.get(0);
    }

    @Override
    public Optional<InputException> refusal() {
        try {
            tokenizerClass(kind(), settings(CONFIG));
            return Optional.empty();
        } catch (InputException refusal) {
            return Optional.of(refusal);
        }
    }

    @Override
    public byte[] json() {
        Files kind = kind();
        SettingsFile config = settings(CONFIG);
        TokenizerClass found = tokenizerClass(kind, config);
        SpecialTokens.Sources sources =
                new SpecialTokens.Sources(config, settings("special_tokens_map.json"), settings("added_tokens.json"));
        TokenizerAssembly assembly = new TokenizerAssembly(file(), found, sources);
        byte[] content = bytes(file());
        TokenizerDescription description =
                switch (kind) {
                    case MERGES -> {
                        Map<String, Integer> ids = BytePairFiles.ids(file(), content);
                        Path merges = files.get(1);
                        yield assembly.withMerges(ids, BytePairFiles.merges(merges, bytes(merges), ids));
                    }
                    case WORDS -> assembly.withWords(WordList.read(file(), content));
                    case TIKTOKEN -> {
                        Map<String, Integer> ids = TiktokenFile.read(file(), content);
                        yield assembly.withMerges(ids, ByteTokens.merges(file(), ids));
                    }
                    case TEKKEN -> assembly.with(TekkenFile.read(file(), content));
                    case SENTENCE_PIECE -> assembly.with(SentencePieceModel.read(file(), content));
                };
        requireAll(description.vocabulary().size(), kind != Files.WORDS || FileContent.isLastLineEnded(content));
        return description.json();
    }

    /**
     * Models have room for some more tokens than their tokenizers have, but not for twice as many. A list of words may
     * end without a line end, but not before its model's vocabulary does.
     */
    private void requireAll(int tokens, boolean ended) {
        int room = model.vocabularySize();
        if (tokens < room / 2 || (!ended && tokens < room)) {
            throw new MalformedInputException(
                    file(),
                    "",
                    "makes %d tokens, but the model's vocabulary has %d entries".formatted(tokens, room),
                    "is it cut off, or another model's? download the file again, or give --token-ids FILE");
        }
    }

    private Files kind() {
        String name = name(file());
        if (name.equals("tekken.json")) {
            return Files.TEKKEN;
        }
        if (MODELS.contains(name)) {
            byte[] start = FileContent.start(watched.apply(repository.source(file())), 1);
            return TiktokenFile.beginsLikeOne(start) ? Files.TIKTOKEN : Files.SENTENCE_PIECE;
        }
        if (name.equals("vocab.json") && files.size() == 2 && name(files.get(1)).equals("merges.txt")) {
            return Files.MERGES;
        }
        if (name.equals("vocab.txt")) {
            return Files.WORDS;
        }
        if (TIKTOKEN.matcher(name).matches() && files.size() == 1) {
            return Files.TIKTOKEN;
        }
        throw new UnsupportedInputException(
                file(),
                "",
                "is a tokenizer's file that is not supported" + (files.size() == 1 ? " alone" : ""),
                REMEDY);
    }

    /** Tokenizers of some files have no class: {@code tekken.json} says it all, and tiktoken's own files are named for it. */
    private TokenizerClass tokenizerClass(Files kind, SettingsFile config) {
        String ownName = name(file()).replaceAll("\\.(json|tiktoken)$", "");
        Optional<TokenizerClass> ofFile =
                kind == Files.TEKKEN || kind == Files.TIKTOKEN ? TokenizerClass.named(ownName, kind) : Optional.empty();
        Optional<String> name = className(kind, config);
        return ofFile.or(() -> TokenizerClass.named(name.orElse(TokenizerClass.GENERAL), kind))
                .orElseThrow(() -> unknownClass(name, config));
    }

    private Optional<String> className(Files kind, SettingsFile config) {
        Optional<String> given = Optional.ofNullable(config.content().get(CLASS))
                .filter(named -> !named.isNull())
                .map(named -> text(config.file(), named))
                .or(model::tokenizerClass)
                .map(TokenizerFolder::withoutFast);
        Optional<String> ofFamily = TokenizerClass.nameFor(model.type());
        boolean isGeneral = ofFamily.equals(Optional.of(TokenizerClass.GENERAL))
                && (kind == Files.SENTENCE_PIECE || kind == Files.TIKTOKEN);
        return isGeneral || CLASS_OF_FAMILY.contains(model.type()) ? ofFamily : given.or(() -> ofFamily);
    }

    private static String text(Path file, JsonNode named) {
        if (!named.isTextual()) {
            throw new MalformedInputException(file, CLASS, "is not a name", "");
        }
        return named.textValue();
    }

    /** The faster of two classes that do the same is named like the other. */
    private static String withoutFast(String name) {
        return name.startsWith("PreTrained") || !name.endsWith("Fast")
                ? name
                : name.substring(0, name.length() - "Fast".length());
    }

    private UnsupportedInputException unknownClass(Optional<String> name, SettingsFile config) {
        String read = files.stream().map(TokenizerFolder::name).collect(Collectors.joining(" and "));
        String problem = name.map(known -> PrintableText.quoted(known) + " is not supported with " + read)
                .orElse("is missing in " + CONFIG + ", so that it is not known how texts are taken apart");
        return new UnsupportedInputException(config.file(), CLASS, problem, REMEDY);
    }

    private byte[] bytes(Path file) {
        return FileContent.all(watched.apply(repository.source(file)), TokenizerJson.MAX_BYTES);
    }

    private SettingsFile settings(String name) {
        return repository
                .find(name)
                .map(repository::source)
                .map(watched)
                .map(SettingsFile::read)
                .orElseGet(() -> SettingsFile.none(file()));
    }
}
