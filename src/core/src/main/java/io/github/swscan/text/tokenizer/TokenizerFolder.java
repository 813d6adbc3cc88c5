package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.JsonProblem;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.Repository;
import io.github.swscan.input.TextFile;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.text.tokenizer.SpecialTokens.JsonFile;
import io.github.swscan.text.tokenizer.TokenizerClass.Files;
import java.io.IOException;
import java.io.InputStream;
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

    static final int MAX_SETTINGS_BYTES = 20_000_000;

    private static final String CONFIG = "tokenizer_config.json";
    private static final String CLASS = "tokenizer_class";
    private static final String REMEDY = "put the model's tokenizer.json beside it, or give --token-ids FILE";

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

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Repository repository;
    private final UnaryOperator<ByteSource> watched;
    private final Model model;
    private final List<Path> files;

    /**
     * What config.json says.
     *
     * @param type the family's name
     * @param tokenizerClass empty if it names none
     */
    public record Model(String type, Optional<String> tokenizerClass) {}

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
                        one(named(repository, TIKTOKEN)),
                        named(repository, OTHERS))
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

    private static List<Path> named(Repository repository, Pattern names) {
        return repository.names().stream()
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
            tokenizerClass(kind(), settings(CONFIG).content());
            return Optional.empty();
        } catch (InputException refusal) {
            return Optional.of(refusal);
        }
    }

    @Override
    public byte[] json() {
        Files kind = kind();
        JsonFile config = settings(CONFIG);
        TokenizerClass found = tokenizerClass(kind, config.content());
        SpecialTokens.Sources sources =
                new SpecialTokens.Sources(config, settings("special_tokens_map.json"), settings("added_tokens.json"));
        TokenizerAssembly assembly = new TokenizerAssembly(file(), found, sources);
        byte[] content = bytes(file());
        return (switch (kind) {
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
                })
                .json();
    }

    private Files kind() {
        String name = name(file());
        if (name.equals("tekken.json")) {
            return Files.TEKKEN;
        }
        if (MODELS.contains(name)) {
            return TiktokenFile.beginsLikeOne(bytes(file())) ? Files.TIKTOKEN : Files.SENTENCE_PIECE;
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

    private TokenizerClass tokenizerClass(Files kind, JsonNode config) {
        Optional<String> given = Optional.ofNullable(config.path(CLASS).textValue())
                .or(model::tokenizerClass)
                .map(TokenizerFolder::withoutFast);
        Optional<String> ofFamily = TokenizerClass.nameFor(model.type());
        boolean ofPieces = kind == Files.SENTENCE_PIECE || kind == Files.TIKTOKEN;
        boolean familyCounts = given.isEmpty()
                || CLASS_OF_FAMILY.contains(model.type())
                || (ofPieces && ofFamily.equals(Optional.of(TokenizerClass.GENERAL)));
        Optional<String> name =
                switch (kind) {
                    case TEKKEN -> Optional.of("tekken");
                    default -> familyCounts ? ofFamily.or(() -> given) : given;
                };
        // Files of tiktoken itself are known by their names.
        String ownName = name(file()).replaceAll("\\.tiktoken$", "");
        return TokenizerClass.named(ownName, kind)
                .filter(own -> kind == Files.TIKTOKEN)
                .or(() -> name.or(() -> Optional.of(TokenizerClass.GENERAL))
                        .flatMap(known -> TokenizerClass.named(known, kind)))
                .orElseThrow(() -> unknownClass(name));
    }

    /** The faster of two classes that do the same is named like the other. */
    private static String withoutFast(String name) {
        return name.startsWith("PreTrained") || !name.endsWith("Fast")
                ? name
                : name.substring(0, name.length() - "Fast".length());
    }

    private UnsupportedInputException unknownClass(Optional<String> name) {
        String read = files.stream().map(TokenizerFolder::name).collect(Collectors.joining(" and "));
        return name.map(known -> new UnsupportedInputException(
                        file(), CLASS, PrintableText.quoted(known) + " is not supported with " + read, REMEDY))
                .orElseGet(() -> new UnsupportedInputException(
                        file(),
                        CLASS,
                        "is missing in " + CONFIG + ", so that it is not known how texts are taken apart",
                        REMEDY));
    }

    private byte[] bytes(Path file) {
        return bytes(watched.apply(repository.source(file)), TokenizerJson.MAX_BYTES);
    }

    private static byte[] bytes(ByteSource source, long limit) {
        if (source.size() > limit) {
            throw new MalformedInputException(source.name(), "", "is larger than " + limit + " bytes", "");
        }
        if (source.size() == 0) {
            throw new MalformedInputException(source.name(), "", "is empty", "download the file again");
        }
        try (InputStream content = TextFile.open(source)) {
            return content.readNBytes((int) limit);
        } catch (IOException failure) {
            throw source.unreadable(failure);
        }
    }

    /** What a file with settings says; an empty object where there is no such file. */
    private JsonFile settings(String name) {
        return repository
                .find(name)
                .map(file -> settings(watched.apply(repository.source(file))))
                .orElseGet(() -> new JsonFile(file(), JsonNodeFactory.instance.objectNode()));
    }

    private static JsonFile settings(ByteSource source) {
        Path file = source.name();
        try {
            JsonNode settings = MAPPER.readTree(BytePairFiles.text(file, bytes(source, MAX_SETTINGS_BYTES)));
            if (!settings.isObject()) {
                throw new MalformedInputException(file, "", "is not a JSON object", "");
            }
            return new JsonFile(file, settings);
        } catch (JsonProcessingException e) {
            throw new MalformedInputException(file, "", "is not valid JSON: " + JsonProblem.of(e), "", e);
        }
    }
}
