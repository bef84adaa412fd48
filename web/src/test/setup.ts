import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

afterEach(cleanup);

// jsdom has no fonts, and a field that grows waits for them.
Object.defineProperty(document, 'fonts', { value: new EventTarget() });
