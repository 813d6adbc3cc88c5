package io.github.swscan.cli.option;

import io.github.swscan.input.TextFile;
import picocli.CommandLine.ITypeConverter;

/** Reads a prompt from the command line, where it may begin with the byte order mark of the file that it came from. */
final class PromptConverter implements ITypeConverter<String> {

    @Override
    public String convert(String text) {
        return TextFile.withoutByteOrderMark(text);
    }
}
