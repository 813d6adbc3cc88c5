package io.github.swscan.scan;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.ModelSize;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.architecture.SentenceEmbedding;
import io.github.swscan.architecture.StoredQuantization;
import io.github.swscan.architecture.family.Config;
import io.github.swscan.architecture.family.ConsolidatedModel;
import io.github.swscan.architecture.family.Families;
import io.github.swscan.architecture.family.GgufModel;
import io.github.swscan.architecture.family.LanguageHead;
import io.github.swscan.architecture.family.LeftOverQuantization;
import io.github.swscan.architecture.family.LibraryNames;
import io.github.swscan.architecture.family.QuantizationFile;
import io.github.swscan.architecture.family.QuantizedWeights;
import io.github.swscan.architecture.family.SentenceEmbeddingReader;
import io.github.swscan.architecture.family.StackedExperts;
import io.github.swscan.architecture.family.TranslatedModel;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.NotAModel;
import io.github.swscan.checkpoint.SentenceModules;
import io.github.swscan.checkpoint.tensor.BlockShape;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.ChangedInputException;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalFolder;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.Repository;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.text.Masking;
import io.github.swscan.text.TokenBudget;
import io.github.swscan.text.TokenLimits;
import io.github.swscan.text.TokenRequest;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.TokenSource;
import io.github.swscan.text.tokenizer.GgufTokenizer;
import io.github.swscan.text.tokenizer.NamedTokens;
import io.github.swscan.text.tokenizer.Tokenizer;
import io.github.swscan.text.tokenizer.TokenizerFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A checkpoint, opened and understood. Only headers have been read.
 *
 * @param model as the user named it
 * @param found what of the files is not as one would expect, one sentence each
 */
public record OpenModel(
        Path model,
        CheckpointLocation location,
        Config config,
        Checkpoint checkpoint,
        Architecture architecture,
        ModelSize size,
        List<String> found) {

    /**
     * Opens a model and does what reads from it: all reading of a model goes through here. Opening finds its files, reads
     * their headers, and holds what the model is described to be against them.
     *
     * @param path of a folder, a weights file or the index of its shards
     * @param configPath of the model's config.json; empty if it is in the folder of the weights
     * @param work must not let out anything of what it finds but its result
     * @return what {@code work} gave
     * @throws InputException if the model cannot be used
     * @throws ChangedInputException in place of that and of any failure, if a file changed before {@code work} was done
     */
    public static <T> T read(String path, String configPath, Function<OpenModel, T> work) {
        Path model = Path.of(path);
        Optional<Path> config =
                Optional.of(configPath).filter(given -> !given.isEmpty()).map(Path::of);
        CheckpointLocation location = CheckpointLocation.find(model);
        try (Checkpoint stored = stored(location)) {
            return stored.whileUnchanged(() -> work.apply(open(model, location, stored, config)));
        }
    }

    /** The tensors of a model as they are stored, under the names that they have in the files. To be closed by the caller. */
    static Checkpoint stored(CheckpointLocation location) {
        return location.isConsolidated()
                ? Checkpoint.open(location, ConsolidatedModel::joined)
                : Checkpoint.open(location);
    }

    /** See {@link CheckpointLocation#mayBeModel}. */
    public static boolean mayBeModel(Path path) {
        return CheckpointLocation.mayBeModel(path);
    }

    /** See {@link CheckpointLocation#holdsWeights}. */
    public static boolean holdsWeights(Path folder) {
        return CheckpointLocation.holdsWeights(folder);
    }

    private static OpenModel open(Path model, CheckpointLocation location, Checkpoint stored, Optional<Path> config) {
        if (stored.tensors().isEmpty()) {
            throw new MalformedInputException(
                    location.weights().get(0), "", "holds no tensors", "download the file again");
        }
        NotAModel.of(location.repository(), stored.tensors().keySet()).ifPresent(problem -> {
            throw problem;
        });
        Optional<Config> given =
                config.map(LocalSource::of).map(stored::watched).map(Config::read);
        Optional<TranslatedModel> translated = translated(location, stored, given);
        Optional<Config> inPlace = given.filter(other -> !isParams(location, other));
        Config said = inPlace.or(() -> translated.map(TranslatedModel::config))
                .orElseGet(() -> Config.read(stored.watched(ownConfig(location))));
        Config told =
                translated.isPresent() ? said : QuantizationFile.added(said, location.repository(), stored::watched);
        Config read = LeftOverQuantization.removed(told, stored.tensors().values());
        Checkpoint decoded = translated
                .map(TranslatedModel::checkpoint)
                .orElseGet(() -> QuantizedWeights.decoded(read, LibraryNames.replaced(stored)));
        Architecture ofFamily = translated
                .map(files -> files.describe(inPlace.map(file -> read)))
                .orElseGet(() -> Families.describe(read, decoded.tensors().keySet()));
        Architecture described = StackedExperts.oriented(LanguageHead.shared(ofFamily, decoded), decoded);
        Checkpoint plain = translated.isPresent() ? decoded : QuantizedWeights.shaped(read, described, decoded);
        List<String> found = new ArrayList<>();
        Optional<SentenceModules> modules =
                described.head().isPresent() ? Optional.empty() : sentenceModules(model, location, stored);
        Optional<SentenceEmbedding> embedding =
                modules.flatMap(list -> sentenceEmbedding(list, location, stored, described.hiddenSize(), found));
        Architecture architecture =
                embedding.map(described::withSentenceEmbedding).orElse(described);
        Checkpoint checkpoint = embedding.isPresent() ? withModules(plain, modules.orElseThrow()) : plain;
        Parameters.check(architecture, checkpoint, model, read.file());
        if (stored.metadata().isPresent()) {
            GgufModel.refuseUnread(architecture, checkpoint);
        }
        location.note().ifPresent(found::add);
        checkpoint.note().ifPresent(found::add);
        LanguageHead.note(read, architecture, checkpoint).ifPresent(found::add);
        if (LanguageHead.isMissing(read, architecture)) {
            found.add("config.json names a class with a language-modelling head, and the files hold none: "
                    + "if the model should have one, a part of it is missing.");
        }
        if (!read.equals(told)) {
            found.add(LeftOverQuantization.note());
        }
        return new OpenModel(
                model, location, read, checkpoint, architecture, ModelSize.of(architecture, checkpoint), found);
    }

    /** Of a folder of sentence-transformers: beside the transformer's files, or above the folder that these are in. */
    private static Optional<SentenceModules> sentenceModules(
            Path model, CheckpointLocation location, Checkpoint stored) {
        return Stream.concat(Stream.of(location.repository()), LocalFolder.at(model).stream())
                .flatMap(folder -> folder.find(SentenceModules.NAME).stream()
                        .map(list -> SentenceModules.read(stored.watched(folder.source(list)), folder)))
                .findFirst();
    }

    /** Empty, with a note, where the modules compute what is not supported. */
    private static Optional<SentenceEmbedding> sentenceEmbedding(
            SentenceModules modules,
            CheckpointLocation location,
            Checkpoint stored,
            int hiddenSize,
            List<String> notes) {
        try {
            return Optional.of(
                    SentenceEmbeddingReader.read(modules, location.repository(), stored::watched, hiddenSize));
        } catch (UnsupportedInputException unsupported) {
            notes.add(
                    "The embeddings of texts are not computed (%s: %s %s): effects are those on the last hidden state."
                            .formatted(unsupported.file().getFileName(), unsupported.field(), unsupported.problem()));
            return Optional.empty();
        }
    }

    private static Checkpoint withModules(Checkpoint checkpoint, SentenceModules modules) {
        Checkpoint all = checkpoint;
        for (SentenceModules.Entry entry :
                SentenceEmbeddingReader.withTensors(modules).toList()) {
            Path folder = modules.folder(entry)
                    .map(Repository::name)
                    .orElseThrow(() -> new MissingInputException(
                            modules.file(), entry.path(), "is a module whose folder is missing", "download it too"));
            all = all.with(entry.path() + "/", CheckpointLocation.find(folder));
        }
        return all;
    }

    /** The model in the terms of its family, where the files are of another layout than its own checkpoints. */
    private static Optional<TranslatedModel> translated(
            CheckpointLocation location, Checkpoint stored, Optional<Config> given) {
        return GgufModel.of(stored).or(() -> given.filter(other -> isParams(location, other))
                .or(() -> location.params()
                        .map(location.repository()::source)
                        .map(stored::watched)
                        .map(Config::read))
                .map(params -> ConsolidatedModel.of(params, stored)));
    }

    private static boolean isParams(CheckpointLocation location, Config given) {
        return location.isConsolidated() && ConsolidatedModel.isParams(given);
    }

    private static ByteSource ownConfig(CheckpointLocation location) {
        return location.repository().source(location.config().orElseThrow(() -> noConfig(location)));
    }

    private static InputException noConfig(CheckpointLocation location) {
        if (location.isConsolidated()) {
            return new MissingInputException(
                    location.repository().name(),
                    "params.json",
                    "is missing",
                    "it says what the model is; name it with --config FILE");
        }
        return NotAModel.of(location.repository())
                .orElseGet(() -> new MissingInputException(
                        location.repository().name(),
                        "config.json",
                        "is missing",
                        "it says what the model is; name it with --config FILE"));
    }

    /** What reports say of it. */
    public ModelSummary summary() {
        return summary(file -> Optional.empty());
    }

    /** @param digest the SHA-256 of a file in hexadecimal, where it is to be told */
    ModelSummary summary(Function<CheckpointFile, Optional<String>> digest) {
        return new ModelSummary(
                model.toString(),
                architecture.family(),
                architecture.layers(),
                architecture.hiddenSize(),
                architecture.intermediateSize(),
                size.parameters(),
                size.type(),
                quantization().map(OpenModel::told),
                checkpoint.files().stream()
                        .map((CheckpointFile file) ->
                                new ModelSummary.File(file.name(), file.bytes(), digest.apply(file)))
                        .toList(),
                List.of());
    }

    private Optional<StoredQuantization> quantization() {
        return StoredQuantization.of(architecture, checkpoint);
    }

    private static ModelSummary.Quantization told(StoredQuantization quantization) {
        StoredQuantization.Kind most = quantization.kinds().get(0);
        return new ModelSummary.Quantization(
                most.method(),
                most.bits(),
                most.blocks().flatMap(BlockShape::group),
                quantization.exempt(),
                quantization.description());
    }

    /** What there is to show of it before it is read. */
    ModelHeader header() {
        return new ModelHeader(summary(), architecture.experts(), size.bytes(), size.mixed(), KnownPlaces.in(this));
    }

    /**
     * Has a file that is read along with the model watched from here on like the model's own. One that is no regular file,
     * such as a pipe, has no state that could be looked at again.
     */
    void watch(Path file) {
        if (Files.isRegularFile(file)) {
            checkpoint.watched(LocalSource.of(file));
        }
    }

    /** All files that make up the model. */
    public Stream<Path> files() {
        return Stream.of(
                        checkpoint.files().stream().map(CheckpointFile::path),
                        Stream.of(config.file()),
                        config.quantization().map(Config::file).stream(),
                        location.index().stream(),
                        location.config().stream(),
                        location.params().stream(),
                        location.tokenizer().stream(),
                        tokenizerFolder().stream().flatMap(folder -> folder.files().stream()))
                .flatMap(files -> files);
    }

    /** The tensors of scales that the model's weights are multiplied with. */
    public Set<String> scales() {
        return Parameters.of(architecture).keySet().stream()
                .flatMap(name -> checkpoint.find(name).flatMap(TensorInfo::scales).stream())
                .map(TensorInfo.Scales::tensor)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The tokenizer in the weights' file, where no tokenizer.json lies beside it. */
    public Optional<GgufTokenizer> ggufTokenizer() {
        return location.tokenizer().isPresent()
                ? Optional.empty()
                : checkpoint.metadata().flatMap(GgufTokenizer::of);
    }

    /** The tokenizer in other files beside the weights, where there is no tokenizer.json and the weights' file has none. */
    public Optional<TokenizerFolder> tokenizerFolder() {
        return location.tokenizer().isPresent() || ggufTokenizer().isPresent()
                ? Optional.empty()
                : TokenizerFolder.of(
                        location.repository(),
                        checkpoint::watched,
                        new TokenizerFolder.Model(
                                config.modelType(), config.tokenizerClass(), architecture.vocabularySize()));
    }

    /**
     * The model's tokenizer, where it has one that is supported. To be closed by the caller.
     *
     * @throws InputException if there are files of a tokenizer beside the weights that cannot be used
     */
    public Optional<Tokenizer> tokenizer() {
        int vocabularySize = architecture.vocabularySize();
        return location.tokenizer()
                .map(location.repository()::source)
                .map(source -> Tokenizer.read(checkpoint.watched(source), vocabularySize))
                .or(() -> tokenizerFolder().map(files -> Tokenizer.of(files, vocabularySize)))
                .or(() -> ggufTokenizer()
                        .filter(gguf -> gguf.refusal().isEmpty())
                        .map(gguf -> Tokenizer.of(gguf, vocabularySize)));
    }

    /**
     * What is read, see {@link TokenRequest#tokens}.
     *
     * @throws InputException if it cannot be read, or the model has no tokenizer for it
     */
    TokenSet tokens(TokenRequest request, TokenBudget standard, long seed) {
        Optional<Tokenizer> tokenizer = request.givesTokenIds() ? Optional.empty() : tokenizer();
        try {
            return tokens(request, tokenizer, standard, seed);
        } finally {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }

    /**
     * The same with a tokenizer that is open already.
     *
     * @param tokenizer is open; empty if the model has none
     */
    TokenSet tokens(TokenRequest request, Optional<Tokenizer> tokenizer, TokenBudget standard, long seed) {
        requireTokenizer(request, tokenizer);
        TokenSet read = request.tokens(tokenLimits(), tokenizer, standard, seed);
        return predictsMasked() && read.targets().isEmpty() ? masked(read, tokenizer, seed) : read;
    }

    /** Whether it has a head that predicts masked tokens. */
    boolean predictsMasked() {
        return architecture.predictsMasked() && architecture.head().isPresent();
    }

    /** Where token ids are given, a tokenizer is used for nothing but the names of its tokens. */
    private Optional<NamedTokens> namedTokens(Optional<Tokenizer> open) {
        Optional<Tokenizer> opened = open.isPresent() ? Optional.empty() : tokenizerIfUsable();
        try {
            return open.or(() -> opened)
                    .map(given -> NamedTokens.of(given, location.repository(), checkpoint::watched));
        } finally {
            opened.ifPresent(Tokenizer::close);
        }
    }

    private TokenSet masked(TokenSet read, Optional<Tokenizer> tokenizer, long seed) {
        Optional<NamedTokens> named = namedTokens(tokenizer);
        OptionalInt mask =
                named.map(NamedTokens::mask).filter(OptionalInt::isPresent).orElseGet(config::maskToken);
        if (mask.isEmpty() && read.source() != TokenSource.SYNTHETIC) {
            throw new MissingInputException(
                    config.file(),
                    "mask_token_id",
                    "is missing, and no tokenizer says which token stands for one to predict",
                    "give --token-ids FILE with labels, or put the model's tokenizer.json beside the weights");
        }
        Set<Integer> special = Stream.concat(
                        named.stream().flatMap(tokens -> tokens.special().stream()), config.specialTokens().stream())
                .collect(Collectors.toSet());
        TokenSet masked = new Masking(mask, special).apply(read, seed);
        if (masked.predicted().sequences().isEmpty()) {
            throw new MalformedInputException(model, "", "is given special tokens alone, of which none is masked", "");
        }
        return masked;
    }

    private void requireTokenizer(TokenRequest request, Optional<Tokenizer> tokenizer) {
        if (request.needsTokenizer() && tokenizer.isEmpty()) {
            throw noTokenizer(
                    "prompts and text cannot be read",
                    "put the model's tokenizer.json beside the weights, or give --token-ids FILE");
        }
    }

    private TokenLimits tokenLimits() {
        return new TokenLimits(
                architecture.predictedTokens(),
                architecture
                        .sentenceEmbedding()
                        .map(SentenceEmbedding::longestText)
                        .filter(OptionalInt::isPresent)
                        .map(longest -> Math.min(longest.getAsInt(), architecture.contextLength()))
                        .orElse(architecture.contextLength()),
                architecture.embedding().longestSequence(),
                config.firstToken(architecture.predictedTokens()),
                architecture.predictsMasked());
    }

    /** The same where nothing depends on it: none in place of one that cannot be used. To be closed by the caller. */
    Optional<Tokenizer> tokenizerIfUsable() {
        return tokenizerFolder().flatMap(TokenizerFolder::refusal).isPresent() ? Optional.empty() : tokenizer();
    }

    /** Why there is no tokenizer, as the beginning of a sentence. */
    public String withoutTokenizer() {
        return ggufTokenizer()
                .flatMap(GgufTokenizer::refusal)
                .map(refusal ->
                        "The GGUF file's tokenizer cannot be used (" + refusal.field() + ": " + refusal.problem() + ")")
                .orElse("The checkpoint has no files of a tokenizer");
    }

    /** Why there is no tokenizer to do something with. */
    public InputException noTokenizer(String undone, String remedy) {
        return tokenizerFolder()
                .flatMap(TokenizerFolder::refusal)
                .or(() -> ggufTokenizer().flatMap(GgufTokenizer::refusal))
                .orElseGet(() -> new MissingInputException(
                        location.repository().name(), "", "has no files of a tokenizer, so that " + undone, remedy));
    }

    /** What the files hold beyond what the model reads, in tensors that are called like those of the model. */
    private List<String> leftOut() {
        Set<String> used = Parameters.of(architecture).keySet();
        Set<String> patterns = used.stream().map(OpenModel::withoutNumbers).collect(Collectors.toSet());
        Set<String> ofIdentities = architecture.blocks().stream()
                .map(Block::feedForward)
                .flatMap(part -> part instanceof Mixture mixture ? mixture.namesOfIdentities() : Stream.empty())
                .collect(Collectors.toSet());
        Map<Boolean, List<String>> others = checkpoint.tensors().keySet().stream()
                .filter(name -> !used.contains(name) && patterns.contains(withoutNumbers(name)))
                .sorted()
                .collect(Collectors.partitioningBy(ofIdentities::contains));
        return Stream.of(
                        leftOut(
                                others.get(false),
                                "The files hold more layers or experts than the model is described to have: %s, such as %s, were left out."),
                        leftOut(
                                others.get(true),
                                "The files hold matrices of experts that give back what they read: %s, such as %s, which nothing is multiplied with."))
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<String> leftOut(List<String> tensors, String sentence) {
        return tensors.isEmpty()
                ? Optional.empty()
                : Optional.of(sentence.formatted(
                        tensors.size() == 1 ? "1 tensor" : tensors.size() + " tensors", tensors.get(0)));
    }

    /** A tensor's name with its layer and its expert left open. */
    private static String withoutNumbers(String tensor) {
        return tensor.replaceAll("(?<=\\.|^)\\d+(?=\\.)", "*");
    }

    /** What readers of a report should know of how the model was read, one sentence each. */
    public List<String> notes() {
        List<String> notes = new ArrayList<>(found);
        UnfinishedRestoration.note(location).ifPresent(notes::add);
        quantization()
                .map(quantization -> "The model is quantized (" + quantization.description()
                        + "): findings are about the quantized model. Activations were not quantized.")
                .ifPresent(notes::add);
        notes.addAll(leftOut());
        return notes;
    }
}
