package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.gguf.GgufFile;
import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.HubCache;
import io.github.swscan.input.LocalFolder;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.ModelCache;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.Repository;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where the files of a checkpoint lie, in the layout of the Hugging Face ecosystem or, {@link #isConsolidated
 * consolidated}, in that of Meta's and Mistral's own programs. Nothing is said about what is in
 * the files, except that an index is well-formed and its shards are there.
 *
 * @param model what the user named: a folder, a weights file or an index
 * @param repository what has the files, by these names
 * @param weights the weights files, at least one, in the order of their names
 * @param index the index of the shards, if the weights are found by one
 * @param config the {@code config.json} beside them, if there is one
 * @param params the {@code params.json} beside consolidated files, if there is one
 * @param tokenizer the {@code tokenizer.json} beside them, if there is one
 * @param leftAside other weights files in a folder that the user named, in the order of their names
 * @param sources the files that told which files these are: the index, and what names the snapshot in a cache
 */
public record CheckpointLocation(
        Path model,
        Repository repository,
        List<Path> weights,
        Optional<Path> index,
        Optional<Path> config,
        Optional<Path> params,
        Optional<Path> tokenizer,
        List<Path> leftAside,
        List<ByteSource> sources) {
    private static final String INDEX_SUFFIX = ".index.json";

    /** The file that a whole model is in, in the order of preference. */
    private static final List<String> WHOLE = List.of("model.safetensors", "pytorch_model.bin");

    private static final Pattern PART_NAME =
            Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})(\\.safetensors|\\.bin|\\.gguf)");
    /** What the files of a whole model are called in the layout of Meta's and Mistral's own programs. */
    private static final String CONSOLIDATED = "consolidated";

    /** Files that each hold a part of most tensors, counted from 0. */
    private static final Pattern MODEL_PARALLEL =
            Pattern.compile("consolidated\\.(\\d{2})(\\.safetensors|\\.pth|\\.pt)");
    /** What training programs leave beside the weights. */
    private static final Set<String> NO_WEIGHTS =
            Set.of("training_args.bin", "optimizer.pt", "optimizer.bin", "scheduler.pt", "rng_state.pth", "scaler.pt");

    /** @throws IllegalArgumentException if there is no weights file */
    public CheckpointLocation {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(repository, "repository");
        Objects.requireNonNull(index, "index");
        Objects.requireNonNull(config, "config");
        Objects.requireNonNull(params, "params");
        Objects.requireNonNull(tokenizer, "tokenizer");
        weights = List.copyOf(weights);
        leftAside = List.copyOf(leftAside);
        sources = List.copyOf(sources);
        if (weights.isEmpty()) {
            throw new IllegalArgumentException("a checkpoint needs a weights file");
        }
    }

    /**
     * Finds the files of a model.
     *
     * <p>In a folder, {@code model.safetensors} comes first, then the shards that {@code model.safetensors.index.json}
     * names, then the same of PyTorch ({@code pytorch_model.bin}), then the consolidated files of Meta's and Mistral's own
     * layout, then the only safetensors, else PyTorch, else GGUF file that is there. A folder without weights that is the cache of a model, as the Hugging Face libraries lay it out,
     * stands for one of its snapshots. A weights file stands for itself, unless it is a shard that an index next to it
     * lists, a part of a GGUF file or one of several consolidated files: then it stands for the whole model. A file with another name, such as those that
     * caches keep by their digests, is a weights file if it begins like one. Symbolic links are followed; the files beside a
     * link belong to it, not those beside where it leads. Shards that an index names may be links within the folder, and
     * to what such a cache keeps, but to nothing else.
     *
     * @param model a folder, a safetensors, PyTorch or GGUF file, an index, or the ORGANIZATION/NAME of a model in the
     *     cache of the Hugging Face libraries
     * @throws InputException if there is no such file, it is of another kind, there are no weights or more than one
     *     choice, or the index is malformed or names a shard that is not there
     */
    public static CheckpointLocation find(Path model) {
        HubCache hub = HubCache.ofUser();
        boolean isPath = Files.exists(model, LinkOption.NOFOLLOW_LINKS);
        Optional<LocalFolder> named = isPath ? LocalFolder.at(model) : hub.model(model);
        if (!isPath && named.isEmpty() && HubCache.isName(model)) {
            throw hub.missing(model);
        }
        return named.map(folder -> inFolder(model, folder)).orElseGet(() -> ofFile(model, LocalFolder.around(model)));
    }

    /**
     * The folder that a name stands for, with whatever is in it: of a cache that of one of its snapshots.
     *
     * @param model as in {@link #find}
     * @return empty if it is the name of a file
     * @throws InputException if there is nothing of that name
     */
    public static Optional<LocalFolder> folder(Path model) {
        HubCache hub = HubCache.ofUser();
        if (Files.exists(model, LinkOption.NOFOLLOW_LINKS)) {
            return LocalFolder.at(model).map(CheckpointLocation::snapshotOrItself);
        }
        Optional<LocalFolder> named = hub.model(model);
        if (named.isEmpty() && HubCache.isName(model)) {
            throw hub.missing(model);
        }
        return named.map(CheckpointLocation::snapshotOrItself);
    }

    private static LocalFolder snapshotOrItself(LocalFolder folder) {
        return cacheWithoutWeights(folder)
                .map(cache -> cache.snapshot(cache.main()))
                .orElse(folder);
    }

    private static Optional<ModelCache> cacheWithoutWeights(LocalFolder folder) {
        return ModelCache.at(folder).filter(cache -> weightsIn(folder).findAny().isEmpty());
    }

    /**
     * Whether something may be a model by its name: anything but a file of a kind that no model is in, such as a README
     * that a pattern matches as well.
     */
    public static boolean mayBeModel(Path path) {
        String name = String.valueOf(path.getFileName());
        return !Files.isRegularFile(path)
                || name.endsWith(INDEX_SUFFIX)
                || OtherFormat.of(path).isPresent()
                || (WeightsFormat.of(path).isPresent() && !NO_WEIGHTS.contains(name));
    }

    /**
     * Whether weights files lie in a folder itself, by their names.
     *
     * @throws InputException if it cannot be listed
     */
    public static boolean holdsWeights(Path folder) {
        return weightsIn(new LocalFolder(folder)).findAny().isPresent();
    }

    private static CheckpointLocation inFolder(Path model, LocalFolder folder) {
        return cacheWithoutWeights(folder)
                .map(cache -> inCache(model, cache))
                .orElseGet(() -> inRepository(model, folder));
    }

    private static CheckpointLocation inCache(Path model, ModelCache cache) {
        Optional<ByteSource> main = cache.main();
        CheckpointLocation found = inRepository(model, cache.snapshot(main));
        List<ByteSource> sources =
                Stream.concat(main.stream(), found.sources.stream()).toList();
        return new CheckpointLocation(
                model,
                found.repository,
                found.weights,
                found.index,
                found.config,
                found.params,
                found.tokenizer,
                found.leftAside,
                sources);
    }

    /** Finds the files of the model that a file is, or belongs to. */
    static CheckpointLocation ofFile(Path model, Repository repository) {
        // Whatever its name says, it must be a file that can be read.
        ByteSource file = repository.source(model);
        if (model.getFileName().toString().endsWith(INDEX_SUFFIX)) {
            return indexed(model, repository, index(repository, model));
        }
        if (model.endsWith("config.json") || model.endsWith("params.json")) {
            throw new UnsupportedInputException(
                    model, "", "describes a model and holds no weights", "name the folder that it is in");
        }
        if (WeightsFormat.of(model).isPresent()) {
            return indexListing(repository, model)
                    .map(index -> indexed(model, repository, index))
                    .orElseGet(() -> located(model, repository, parts(repository, model), Optional.empty()));
        }
        OtherFormat.of(model).ifPresent(format -> {
            throw format.refused(model);
        });
        if (WeightsFormat.of(file).isPresent()) {
            return located(model, repository, List.of(model), Optional.empty());
        }
        throw new UnsupportedInputException(
                model,
                "",
                "is not a safetensors, PyTorch or GGUF file",
                "name a model folder, a .safetensors, .bin or .gguf file or an index");
    }

    /**
     * Whether the files are named as Meta's and Mistral's own programs name them. Several may then each hold a part of the
     * same tensor.
     */
    public boolean isConsolidated() {
        return isConsolidated(weights.get(0));
    }

    private static boolean isConsolidated(Path file) {
        return fileName(file).startsWith(CONSOLIDATED);
    }

    /**
     * Which weights files of the folder were not taken, in one sentence; empty if there are none, or the user named the
     * file.
     */
    public Optional<String> note() {
        return leftAside.isEmpty()
                ? Optional.empty()
                : Optional.of("The weights are those of %s; other weights files in the folder were left aside: %s."
                        .formatted(
                                PrintableText.names(List.of(index.orElse(weights.get(0)))),
                                PrintableText.names(leftAside)));
    }

    /**
     * Finds the files of the only model that is kept in a place, or of the one that comes first.
     *
     * @param model what the user named
     */
    static CheckpointLocation inRepository(Path model, Repository repository) {
        for (String whole : WHOLE) {
            Optional<Path> single = repository.find(whole);
            if (single.isPresent()) {
                return located(model, repository, List.of(single.get()), Optional.empty())
                        .leavingOthersAside();
            }
            Optional<Path> index = repository.find(whole + INDEX_SUFFIX);
            if (index.isPresent()) {
                return indexed(model, repository, index(repository, index.get()))
                        .leavingOthersAside();
            }
        }
        Optional<CheckpointLocation> consolidated = consolidated(model, repository);
        if (consolidated.isPresent()) {
            return consolidated.get().leavingOthersAside();
        }
        for (String whole : WHOLE) {
            List<Path> only = onlyWeights(
                    repository,
                    WeightsFormat.of(Path.of(whole)).orElseThrow(),
                    " but no " + whole + " and no " + whole + INDEX_SUFFIX);
            if (!only.isEmpty()) {
                return located(model, repository, only, Optional.empty()).leavingOthersAside();
            }
        }
        List<Path> gguf = onlyWeights(repository, WeightsFormat.GGUF, "");
        if (!gguf.isEmpty()) {
            return located(model, repository, gguf, Optional.empty()).leavingOthersAside();
        }
        Optional<CheckpointLocation> transformer = repository
                .find(SentenceModules.NAME)
                .map(repository::source)
                .flatMap(list -> transformer(model, list, SentenceModules.read(list, repository)));
        if (transformer.isPresent()) {
            return transformer.get();
        }
        NotAModel.of(repository).ifPresent(problem -> {
            throw problem;
        });
        repository.names().stream()
                .flatMap(file -> OtherFormat.of(file).stream())
                .findFirst()
                .ifPresent(format -> {
                    throw format.refused(repository);
                });
        if (repository.find("config.json").isPresent()) {
            throw new MissingInputException(
                    repository.name(),
                    "",
                    "holds no safetensors, PyTorch or GGUF file beside its config.json: the weights are missing",
                    "download the weights too");
        }
        throw new MissingInputException(
                repository.name(), "", "holds no safetensors, PyTorch or GGUF file", "name the folder of the model");
    }

    /** Of a folder of sentence-transformers the model that is in the folder of its transformer. */
    private static Optional<CheckpointLocation> transformer(Path model, ByteSource list, SentenceModules modules) {
        return modules.transformer()
                .filter(folder -> weightsIn(folder).findAny().isPresent())
                .map(folder -> inRepository(model, folder))
                .map(found -> found.foundBy(list));
    }

    private CheckpointLocation foundBy(ByteSource list) {
        return new CheckpointLocation(
                model,
                repository,
                weights,
                index,
                config,
                params,
                tokenizer,
                leftAside,
                Stream.concat(sources.stream(), Stream.of(list)).toList());
    }

    /** What an index lists, the one file, or all parts: safetensors first. */
    private static Optional<CheckpointLocation> consolidated(Path model, Repository repository) {
        String whole = CONSOLIDATED + ".safetensors";
        return repository
                .find(whole + INDEX_SUFFIX)
                .map(index -> indexed(model, repository, index(repository, index)))
                .or(() -> repository
                        .find(whole)
                        .or(() -> firstConsolidated(repository))
                        .map(file -> located(model, repository, parts(repository, file), Optional.empty())));
    }

    private static Optional<Path> firstConsolidated(Repository repository) {
        return Stream.of(WeightsFormat.SAFETENSORS, WeightsFormat.PYTORCH)
                .flatMap(format -> weightsIn(repository).filter(format::recognizes))
                .filter(file -> {
                    Matcher part = PART_NAME.matcher(fileName(file));
                    return MODEL_PARALLEL.matcher(fileName(file)).matches()
                            || (part.matches() && part.group(1).equals(CONSOLIDATED));
                })
                .findFirst();
    }

    /** All files of a model of which one is such a file: as many as the last number in the folder says. */
    private static List<Path> modelParallel(Repository repository, Path file, String suffix) {
        int last = repository.names().stream()
                .map(other -> MODEL_PARALLEL.matcher(fileName(other)))
                .filter(other -> other.matches() && other.group(2).equals(suffix))
                .mapToInt(other -> Integer.parseInt(other.group(1)))
                .max()
                .orElse(0);
        return IntStream.rangeClosed(0, last)
                .mapToObj(part -> "%s.%02d%s".formatted(CONSOLIDATED, part, suffix))
                .map(name -> otherPart(repository, file, name))
                .toList();
    }

    private static Path otherPart(Repository repository, Path file, String name) {
        return repository
                .find(name)
                .orElseThrow(() -> new MissingInputException(
                        file, name, "is another part of the model but is not in the folder", "download it too"));
    }

    /** The only weights file of a format, or all parts of the only one that is in parts; none if there is none. */
    private static List<Path> onlyWeights(Repository repository, WeightsFormat format, String without) {
        List<Path> models = weightsIn(repository)
                .filter(format::recognizes)
                .filter(file -> {
                    Matcher part = PART_NAME.matcher(fileName(file));
                    return !part.matches()
                            || Integer.parseInt(part.group(2)) == 1
                            || repository.find(part(part, 1)).isEmpty();
                })
                .toList();
        List<Path> wholes = models.size() > 1 && format == WeightsFormat.GGUF
                ? models.stream().filter(file -> isModel(repository, file)).toList()
                : models;
        if (wholes.size() > 1) {
            throw new UnsupportedInputException(
                    repository.name(),
                    "",
                    "has several %s files%s: %s".formatted(format.label(), without, PrintableText.names(wholes)),
                    without.isEmpty() ? "name one of them" : "name one of them, or download the index");
        }
        return wholes.stream()
                .findFirst()
                .map(first -> parts(repository, first))
                .orElse(List.of());
    }

    /** Whether a GGUF file that stands beside others says that it is a model: the part that sees is not. */
    private static boolean isModel(Repository repository, Path file) {
        return GgufFile.read(repository.source(file)).metadata().kind() == GgufMetadata.Kind.MODEL;
    }

    /**
     * All parts of the model that a file is a part of by its name; the file itself, if it is not in parts, or there is an
     * index, which knows better.
     */
    private static List<Path> parts(Repository repository, Path file) {
        Matcher parallel = MODEL_PARALLEL.matcher(fileName(file));
        if (parallel.matches()) {
            return modelParallel(repository, file, parallel.group(2));
        }
        Matcher named = PART_NAME.matcher(fileName(file));
        if (!named.matches() || indexOf(repository, named).isPresent()) {
            return List.of(file);
        }
        int number = Integer.parseInt(named.group(2));
        int count = Integer.parseInt(named.group(3));
        if (number < 1 || number > count) {
            throw new MalformedInputException(
                    file, "", "is named as part " + number + " of " + count, "download the file again");
        }
        return IntStream.rangeClosed(1, count)
                .mapToObj(part -> part(named, part))
                .map(name -> otherPart(repository, file, name))
                .toList();
    }

    /** The name of another part. */
    private static String part(Matcher named, int number) {
        return "%s-%05d-of-%s%s".formatted(named.group(1), number, named.group(3), named.group(4));
    }

    private static String fileName(Path file) {
        return file.getFileName().toString();
    }

    private CheckpointLocation leavingOthersAside() {
        List<Path> others =
                weightsIn(repository).filter(file -> !weights.contains(file)).toList();
        return new CheckpointLocation(model, repository, weights, index, config, params, tokenizer, others, sources);
    }

    /** The weights files in a folder, whatever else is there. */
    static Stream<Path> weightsIn(Repository repository) {
        return repository.names().stream()
                .filter(file -> WeightsFormat.of(file).isPresent())
                .filter(file -> !NO_WEIGHTS.contains(file.getFileName().toString()))
                .filter(file -> !file.getFileName().toString().endsWith(NotAModel.ZERO_OPTIMIZER));
    }

    private static WeightIndex index(Repository repository, Path file) {
        return WeightIndex.read(repository.source(file));
    }

    /** The index next to a shard, if the file is named like a shard and the index lists it. */
    private static Optional<WeightIndex> indexListing(Repository repository, Path file) {
        String name = fileName(file);
        Matcher shard = PART_NAME.matcher(name);
        return shard.matches()
                ? indexOf(repository, shard)
                        .map(index -> index(repository, index))
                        .filter(index -> index.weightMap().containsValue(name))
                : Optional.empty();
    }

    /** The index of the shards that are named like one. */
    private static Optional<Path> indexOf(Repository repository, Matcher shard) {
        return repository.find(shard.group(1) + shard.group(4) + INDEX_SUFFIX);
    }

    private static CheckpointLocation indexed(Path model, Repository repository, WeightIndex index) {
        List<Path> shards = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (String name : index.shards()) {
            repository.find(name).ifPresentOrElse(shards::add, () -> missing.add(name));
        }
        if (!missing.isEmpty()) {
            String others = missing.size() == 1
                    ? ""
                    : (missing.size() == 2 ? ", nor is " : ", nor are ")
                            + PrintableText.names(
                                    missing.stream().skip(1).map(Path::of).toList());
            throw new MissingInputException(
                    index.file(),
                    missing.get(0),
                    "is named as a shard but is not in the folder" + others,
                    missing.size() == 1 ? "download it too" : "download them too");
        }
        shards.forEach(repository::source);
        shards.forEach(shard -> requireKept(repository, shard, index));
        return located(model, repository, shards, Optional.of(index));
    }

    /** An index, which may come from anyone, must not lead elsewhere by a link either. */
    private static void requireKept(Repository repository, Path shard, WeightIndex index) {
        if (!repository.keeps(shard)) {
            throw new UnsupportedInputException(
                    index.file(),
                    shard.getFileName().toString(),
                    "is named as a shard but is a symbolic link out of the folder",
                    "put the file itself there");
        }
    }

    private static CheckpointLocation located(
            Path model, Repository repository, List<Path> weights, Optional<WeightIndex> index) {
        return new CheckpointLocation(
                model,
                repository,
                weights,
                index.map(WeightIndex::file),
                repository.find("config.json"),
                Optional.of("params.json")
                        .filter(params -> isConsolidated(weights.get(0)))
                        .flatMap(repository::find),
                repository.find("tokenizer.json"),
                List.of(),
                index.map(WeightIndex::source).stream().toList());
    }
}
