package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.gguf.GgufFile;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.FileStamp;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalFolder;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.Repository;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where the files of a checkpoint lie, in the layout of the Hugging Face ecosystem. Nothing is said about what is in
 * the files, except that an index is well-formed and its shards are there.
 *
 * @param model what the user named: a folder, a weights file or an index
 * @param folder the folder of the files
 * @param weights the weights files, at least one, in the order of their names
 * @param index the index of the shards, if the weights are found by one
 * @param config the {@code config.json} in the folder, if there is one
 * @param tokenizer the {@code tokenizer.json} in the folder, if there is one
 * @param leftAside other weights files in a folder that the user named, in the order of their names
 * @param sources the files that told which files these are: the index, and what names the snapshot in a cache
 */
public record CheckpointLocation(
        Path model,
        Path folder,
        List<Path> weights,
        Optional<Path> index,
        Optional<Path> config,
        Optional<Path> tokenizer,
        List<Path> leftAside,
        List<ByteSource> sources) {
    private static final String INDEX_SUFFIX = ".index.json";

    /** The file that a whole model is in, in the order of preference. */
    private static final List<String> WHOLE = List.of("model.safetensors", "pytorch_model.bin");

    private static final Pattern SHARD_NAME = Pattern.compile("(.+)-\\d{5}-of-\\d{5}(\\.safetensors|\\.bin)");
    private static final Pattern GGUF_PART = Pattern.compile("(.+-)(\\d{5})-of-(\\d{5})\\.gguf");
    private static final Pattern OTHER_FORMAT = Pattern.compile(".+\\.(ckpt|h5|msgpack|onnx)");
    /** What training programs leave beside the weights. */
    private static final Set<String> NO_WEIGHTS =
            Set.of("training_args.bin", "optimizer.pt", "optimizer.bin", "scheduler.pt", "rng_state.pth", "scaler.pt");

    private static final int MAX_NAMES_IN_MESSAGE = 5;

    /** @throws IllegalArgumentException if there is no weights file */
    public CheckpointLocation {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(index, "index");
        Objects.requireNonNull(config, "config");
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
     * names, then the same of PyTorch ({@code pytorch_model.bin}), then the only safetensors, else PyTorch, else GGUF file
     * that is there. A folder without weights that is the cache of a model, as the Hugging Face libraries lay it out,
     * stands for one of its snapshots. A weights file stands for itself, unless it is a shard that an index next to it
     * lists or a part of a GGUF file: then it stands for the whole model. Symbolic links are followed; the files beside a
     * link belong to it, not those beside where it leads. Shards that an index names may be links within the folder, and
     * to what such a cache keeps, but to nothing else.
     *
     * @param model a folder, a {@code .safetensors}, {@code .bin}, {@code .pt}, {@code .pth} or {@code .gguf} file, or an
     *     index
     * @throws InputException if there is no such file, it is of another kind, there are no weights or more than one
     *     choice, or the index is malformed or names a shard that is not there
     */
    public static CheckpointLocation find(Path model) {
        if (Files.isDirectory(model)) {
            boolean cache =
                    ModelCache.isOne(model) && weightsIn(model).findAny().isEmpty();
            return cache ? inCache(model) : inFolder(model, model);
        }
        FileStamp.of(model);
        String name = model.getFileName().toString();
        if (name.endsWith(INDEX_SUFFIX)) {
            return indexed(model, folderOf(model), index(folderOf(model), model));
        }
        if (WeightsFormat.GGUF.recognizes(model)) {
            return located(model, folderOf(model), ggufParts(model), Optional.empty());
        }
        if (WeightsFormat.of(model).isPresent()) {
            return indexListing(model)
                    .map(index -> indexed(model, folderOf(model), index))
                    .orElseGet(() -> located(model, folderOf(model), List.of(model), Optional.empty()));
        }
        if (isOtherFormat(model)) {
            throw otherFormat(model, "");
        }
        throw new UnsupportedInputException(
                model,
                "",
                "is not a safetensors, PyTorch or GGUF file",
                "name a model folder, a .safetensors, .bin or .gguf file or an index");
    }

    /** What gives the weights files by the names that they have here. */
    Repository repository() {
        return new LocalFolder(folder);
    }

    /**
     * Which weights files of the folder were not taken, in one sentence; empty if there are none, or the user named the
     * file.
     */
    public Optional<String> note() {
        return leftAside.isEmpty()
                ? Optional.empty()
                : Optional.of("The weights are those of %s; other weights files in the folder were left aside: %s."
                        .formatted(names(List.of(index.orElse(weights.get(0)))), names(leftAside)));
    }

    private static CheckpointLocation inCache(Path model) {
        Optional<ByteSource> main = ModelCache.main(model);
        CheckpointLocation found = inFolder(model, ModelCache.snapshot(model, main));
        List<ByteSource> sources =
                Stream.concat(main.stream(), found.sources.stream()).toList();
        return new CheckpointLocation(
                model,
                found.folder,
                found.weights,
                found.index,
                found.config,
                found.tokenizer,
                found.leftAside,
                sources);
    }

    private static CheckpointLocation inFolder(Path model, Path folder) {
        for (String whole : WHOLE) {
            Optional<Path> single = child(folder, whole);
            if (single.isPresent()) {
                return located(model, folder, List.of(single.get()), Optional.empty())
                        .leavingOthersAside();
            }
            Optional<Path> index = child(folder, whole + INDEX_SUFFIX);
            if (index.isPresent()) {
                return indexed(model, folder, index(folder, index.get())).leavingOthersAside();
            }
        }
        for (String whole : WHOLE) {
            Optional<Path> only = onlyWeights(folder, whole);
            if (only.isPresent()) {
                return located(model, folder, List.of(only.get()), Optional.empty())
                        .leavingOthersAside();
            }
        }
        Optional<Path> gguf = onlyGguf(folder);
        if (gguf.isPresent()) {
            return located(model, folder, ggufParts(gguf.get()), Optional.empty());
        }
        List<Path> others = visibleFiles(folder).stream()
                .filter(CheckpointLocation::isOtherFormat)
                .toList();
        if (!others.isEmpty()) {
            throw otherFormat(folder, "holds " + names(others) + " and no safetensors, PyTorch or GGUF file: ");
        }
        throw new MissingInputException(
                folder, "", "holds no safetensors, PyTorch or GGUF file", "name the folder of the model");
    }

    /** The only weights file of a kind, if there is one. */
    private static Optional<Path> onlyWeights(Path folder, String whole) {
        WeightsFormat format = WeightsFormat.of(Path.of(whole)).orElseThrow();
        List<Path> weights = weightsIn(folder).filter(format::recognizes).toList();
        if (weights.size() > 1) {
            throw new UnsupportedInputException(
                    folder,
                    "",
                    "has several %s files but no %s and no %s: %s"
                            .formatted(
                                    format == WeightsFormat.PYTORCH ? "PyTorch" : "safetensors",
                                    whole,
                                    whole + INDEX_SUFFIX,
                                    names(weights)),
                    "name one of them, or download the index");
        }
        return weights.stream().findFirst();
    }

    /** The only GGUF file, or the first part of the only one that is in parts. */
    private static Optional<Path> onlyGguf(Path folder) {
        List<Path> models = weightsIn(folder)
                .filter(WeightsFormat.GGUF::recognizes)
                .filter(file -> {
                    Matcher part = GGUF_PART.matcher(file.getFileName().toString());
                    return !part.matches() || Integer.parseInt(part.group(2)) == 1;
                })
                .toList();
        if (models.size() > 1) {
            throw new UnsupportedInputException(
                    folder, "", "has several GGUF files: " + names(models), "name one of them");
        }
        return models.stream().findFirst();
    }

    /** All parts of the model that a GGUF file is a part of; the file itself, if it is not in parts. */
    private static List<Path> ggufParts(Path file) {
        Matcher named = GGUF_PART.matcher(file.getFileName().toString());
        if (!named.matches()) {
            return List.of(file);
        }
        String prefix = named.group(1);
        String count = named.group(3);
        int number = Integer.parseInt(named.group(2));
        if (number < 1 || number > Integer.parseInt(count)) {
            throw new MalformedInputException(
                    file,
                    "",
                    "is named as part " + number + " of " + Integer.parseInt(count),
                    "download the file again");
        }
        return IntStream.rangeClosed(1, Integer.parseInt(count))
                .mapToObj(part -> "%s%05d-of-%s%s".formatted(prefix, part, count, GgufFile.SUFFIX))
                .map(name -> child(folderOf(file), name)
                        .orElseThrow(() -> new MissingInputException(
                                file,
                                name,
                                "is another part of the model but is not in the folder",
                                "download it too")))
                .toList();
    }

    private CheckpointLocation leavingOthersAside() {
        List<Path> others =
                weightsIn(folder).filter(file -> !weights.contains(file)).toList();
        return new CheckpointLocation(model, folder, weights, index, config, tokenizer, others, sources);
    }

    private static Stream<Path> weightsIn(Path folder) {
        return visibleFiles(folder).stream()
                .filter(file -> WeightsFormat.of(file).isPresent())
                .filter(file -> !NO_WEIGHTS.contains(file.getFileName().toString()));
    }

    private static List<Path> visibleFiles(Path folder) {
        return new LocalFolder(folder)
                .names().stream().filter(file -> !Files.isDirectory(file)).toList();
    }

    private static WeightIndex index(Path folder, Path file) {
        return WeightIndex.read(new LocalFolder(folder).source(file));
    }

    /** The index next to a shard, if the file is named like a shard and the index lists it. */
    private static Optional<WeightIndex> indexListing(Path file) {
        String name = file.getFileName().toString();
        Matcher shard = SHARD_NAME.matcher(name);
        return shard.matches()
                ? child(folderOf(file), shard.group(1) + shard.group(2) + INDEX_SUFFIX)
                        .map(index -> index(folderOf(file), index))
                        .filter(index -> index.weightMap().containsValue(name))
                : Optional.empty();
    }

    private static CheckpointLocation indexed(Path model, Path folder, WeightIndex index) {
        List<String> missing = index.shards().stream()
                .filter(name -> child(folder, name).isEmpty())
                .toList();
        if (!missing.isEmpty()) {
            String others = missing.size() == 1
                    ? ""
                    : (missing.size() == 2 ? ", nor is " : ", nor are ")
                            + names(missing.stream().skip(1).map(Path::of).toList());
            throw new MissingInputException(
                    index.file(),
                    missing.get(0),
                    "is named as a shard but is not in the folder" + others,
                    missing.size() == 1 ? "download it too" : "download them too");
        }
        List<Path> shards = index.shards().stream().map(folder::resolve).toList();
        shards.forEach(FileStamp::of);
        shards.forEach(shard -> requireWithin(folder, shard, index));
        return located(model, folder, shards, Optional.of(index));
    }

    /** An index, which may come from anyone, must not lead out of the folder by a link either. */
    private static void requireWithin(Path folder, Path shard, WeightIndex index) {
        try {
            Path target = shard.toRealPath();
            if (!target.startsWith(folder.toRealPath()) && !ModelCache.isBlob(target)) {
                throw new UnsupportedInputException(
                        index.file(),
                        shard.getFileName().toString(),
                        "is named as a shard but is a symbolic link out of the folder",
                        "put the file itself there");
            }
        } catch (IOException failure) {
            throw InputException.unreadable(shard, failure);
        }
    }

    private static CheckpointLocation located(
            Path model, Path folder, List<Path> weights, Optional<WeightIndex> index) {
        return new CheckpointLocation(
                model,
                folder,
                weights,
                index.map(WeightIndex::file),
                child(folder, "config.json"),
                child(folder, "tokenizer.json"),
                List.of(),
                index.map(WeightIndex::source).stream().toList());
    }

    private static Optional<Path> child(Path folder, String name) {
        return new LocalFolder(folder).find(name);
    }

    /** The folder in which a file is named; where a symbolic link leads does not matter. */
    private static Path folderOf(Path file) {
        return Objects.requireNonNullElse(file.getParent(), Path.of("."));
    }

    private static boolean isOtherFormat(Path file) {
        return OTHER_FORMAT
                .matcher(file.getFileName().toString().toLowerCase(Locale.ROOT))
                .matches();
    }

    private static UnsupportedInputException otherFormat(Path model, String context) {
        return new UnsupportedInputException(
                model, "", context + "files of this format are not supported", "convert the model to safetensors");
    }

    /** The names of some files for a message, not too many of them. */
    static String names(List<Path> files) {
        String names = files.stream()
                .limit(MAX_NAMES_IN_MESSAGE)
                .map(file -> PrintableText.quoted(file.getFileName().toString()))
                .collect(Collectors.joining(", "));
        int more = files.size() - MAX_NAMES_IN_MESSAGE;
        return more > 0 ? names + " and " + more + " more" : names;
    }
}
