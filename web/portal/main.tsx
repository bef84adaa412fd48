import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import './portal.css';

import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { theme, variables } from '../src/ui/theme';
import { App } from './App';
import { LanguageProvider } from './language';
import { comeBack } from './place';
import { makeQueries } from './queries';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

comeBack();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={makeQueries()}>
        <LanguageProvider>
          <App />
        </LanguageProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
